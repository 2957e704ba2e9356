package loopback

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// files serves a feed as a registry does: the document of a package is answered
// under its name at once, where a plain file server would redirect to the folder.
type files struct{ root *os.Root }

func (s files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = "."
	}
	f, info, err := s.open(name)
	if err == nil && info.IsDir() {
		f.Close()
		f, info, err = s.open(path.Join(name, "index.html"))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, "the file cannot be read", http.StatusInternalServerError)
		return
	}
	defer f.Close()
	if w.Header().Set("Content-Type", "application/octet-stream"); strings.HasSuffix(info.Name(), ".html") {
		w.Header().Set("Content-Type", "text/html")
	}
	http.ServeContent(w, r, info.Name(), info.ModTime(), f)
}

func (s files) open(name string) (*os.File, fs.FileInfo, error) {
	f, err := s.root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
	}
	return f, info, err
}
