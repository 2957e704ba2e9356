// Command goserver serves a feed with nothing but the standard library.
//
// [http.FileServer] alone nearly suffices. It answers a packument address, which
// names a folder, with a redirect that is relative to the address as it was sent;
// npm clients send the slash of a scope as %2f, and from /npm/@babel%2fcore the
// redirect to "core/" leads to the wrong folder. So a folder with an index.html is
// answered at once, without a redirect.
package main

import (
	"flag"
	"log"
	"net/http"
	"path"
	"strings"
	"time"
)

func main() {
	dir := flag.String("dir", ".", "feed directory")
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.Parse()
	server := &http.Server{Addr: *addr, Handler: serveFeed(*dir), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// serveFeed returns a handler for the files below dir. It answers a path without
// a trailing slash that names a folder with the folder's index.html.
func serveFeed(dir string) http.Handler {
	root := http.Dir(dir)
	files := http.FileServer(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") || !serveIndex(w, r, root) {
			files.ServeHTTP(w, r)
		}
	})
}

// serveIndex writes the index.html of the folder that r names, as the JSON that
// npm clients expect there, and reports whether there is one.
func serveIndex(w http.ResponseWriter, r *http.Request, root http.FileSystem) bool {
	index, err := root.Open(path.Join(path.Clean("/"+r.URL.Path), "index.html"))
	if err != nil {
		return false
	}
	defer index.Close()
	info, err := index.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", info.ModTime(), index)
	return true
}
