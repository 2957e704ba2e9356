// Package cargotest is a Cargo registry for tests, made from a short text
// archive:
//
//	-- alpha/1.0.0.toml --
//	rust-version = "1.60"
//	[dependencies]
//	Bar_Baz = { version = "1", features = ["x"] }
//	-- alpha/1.0.0/src/lib.rs --
//	pub fn alpha() {}
//	-- Bar_Baz/1.0.0.toml --
//	-- Bar_Baz/1.0.0.json --
//	{"yanked": true}
//	-- faults --
//	/index/al/ph/alpha 2 status 503
//
// CRATE/VERSION.toml is what its Cargo.toml has behind the name and version; the
// index line is made of it. Files below CRATE/VERSION/ go into the crate file
// beside the Cargo.toml, or in its place; without a src/ there is an empty
// library. All of these are optional: CRATE/VERSION.json, members that replace
// those of the index line; CRATE/index, an index file that is served as it is;
// config.json, the one to serve, where {url} stands for the registry's address;
// faults, as registrytest reads them.
//
// The same archive gives the same bytes, on every machine.
package cargotest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

// Registry is a running registry. Faults and the log of requests are those of
// the embedded Server.
type Registry struct {
	*registrytest.Server

	mu    sync.Mutex
	files map[string][]byte // by the path of the address
}

// New starts a registry that stops with the test.
func New(t testing.TB, archive *txtar.Archive) *Registry {
	t.Helper()
	r, err := Start(archive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// Start starts a registry that the caller closes.
func Start(archive *txtar.Archive) (*Registry, error) {
	r := &Registry{}
	r.Server = registrytest.Start(http.HandlerFunc(r.serve))
	if err := r.Set(archive); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// IndexURL is the address of the index as Cargo's settings write it.
func (r *Registry) IndexURL() string { return "sparse+" + r.URL + "/index/" }

// Set replaces everything that the registry offers. Faults are added to those
// that are there.
func (r *Registry) Set(archive *txtar.Archive) error {
	files, faults, err := Files(archive, r.URL)
	if err != nil {
		return err
	}
	if err := r.FailText(faults); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files = files
	return nil
}

// ReadDir reads a folder as the archive that a test script unpacked there.
func ReadDir(dir string) (*txtar.Archive, error) {
	archive := &txtar.Archive{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		archive.Files = append(archive.Files, txtar.File{Name: filepath.ToSlash(name), Data: data})
		return err
	})
	return archive, err
}

// Crate returns the crate file of a release, nil for an unknown one.
func (r *Registry) Crate(name, version string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[downloadPath(name, version)]
}

func downloadPath(name, version string) string { return "/dl/" + name + "/" + version + "/download" }

func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	body, ok := r.files[request.URL.Path]
	r.mu.Unlock()
	if !ok {
		http.NotFound(w, request)
		return
	}
	contentType := "text/plain"
	if strings.HasPrefix(request.URL.Path, "/dl/") {
		contentType = "application/gzip"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("ETag", fmt.Sprintf(`"%.16x"`, sha256.Sum256(body)))
	http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(body))
}

var place = regexp.MustCompile(`^([A-Za-z0-9_-]+)/(?:(index)|([0-9][^/]*?)(?:\.(toml|json)|/(.+)))$`)

// Files returns what a registry at an address offers, by path: the index below
// /index/, the crates below /dl/.
func Files(archive *txtar.Archive, address string) (files map[string][]byte, faults string, err error) {
	files = map[string][]byte{"/index/config.json": []byte(`{"dl":"` + address + `/dl"}`)}
	releases := map[string]*release{}
	var order []string
	for _, file := range archive.Files {
		switch file.Name {
		case "faults":
			faults += string(file.Data)
			continue
		case "config.json":
			files["/index/config.json"] = bytes.ReplaceAll(file.Data, []byte("{url}"), []byte(address))
			continue
		}
		parts := place.FindStringSubmatch(file.Name)
		if parts == nil {
			return nil, "", fmt.Errorf("cargotest: %s: want CRATE/VERSION.toml, CRATE/VERSION.json, CRATE/VERSION/FILE, CRATE/index or config.json", file.Name)
		}
		if parts[2] != "" {
			files["/index/"+crate.IndexPath(parts[1])] = file.Data
			continue
		}
		id := parts[1] + " " + parts[3]
		if releases[id] == nil {
			releases[id] = &release{name: parts[1], version: parts[3], files: map[string][]byte{}}
			order = append(order, id)
		}
		releases[id].add(parts[4], parts[5], file.Data)
	}
	for _, id := range order {
		r := releases[id]
		packed, line, err := r.pack()
		if err != nil {
			return nil, "", fmt.Errorf("cargotest: %s: %w", id, err)
		}
		files[downloadPath(r.name, r.version)] = packed
		path := "/index/" + crate.IndexPath(r.name)
		files[path] = append(append(files[path], line...), '\n')
	}
	return files, faults, nil
}
