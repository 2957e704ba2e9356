// Package npmtest is an npm registry for tests, made from a short text archive:
//
//	-- alpha/1.0.0.json --
//	{"dependencies": {"@s/beta": "^2.0.0"}}
//	-- alpha/1.0.0/index.js --
//	module.exports = 1
//	-- @s/beta/2.0.0.json --
//	{}
//	-- faults --
//	/alpha 2 status 503
//
// NAME/VERSION.json holds the fields of the version's package.json; name,
// version and dist are added, and a dist of its own replaces single fields of
// the computed one. Files below NAME/VERSION/ go into the tarball beside the
// package.json, or in its place. All of these are optional: NAME/tags.json, the
// dist-tags, else latest is the version that is listed last; NAME/time.json,
// dates that replace the computed ones, or null to leave one out;
// NAME/packument.json, a document that is served as it is; faults, as
// registrytest reads them.
//
// The same archive gives the same bytes, on every machine.
package npmtest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

// Registry is a running registry. Faults and the log of requests are those of
// the embedded Server.
type Registry struct {
	*registrytest.Server

	mu       sync.Mutex
	packages map[string]*packageText
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

// Set replaces everything that the registry offers. Faults are added to those
// that are there.
func (r *Registry) Set(archive *txtar.Archive) error {
	packages, faults, err := read(archive)
	if err != nil {
		return err
	}
	if err := r.FailText(faults); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packages = packages
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

// Tarball returns the bytes of a release, nil for an unknown one.
func (r *Registry) Tarball(name, version string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.packages[name]; p != nil && p.versions[version] != nil {
		return p.versions[version].tarball
	}
	return nil
}

// TarballURL returns the address of a release.
func (r *Registry) TarballURL(name, version string) string {
	return r.URL + "/" + name + "/-/" + tarballName(name, version)
}

func tarballName(name, version string) string {
	return name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
}

func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	packages := r.packages
	r.mu.Unlock()
	path := strings.TrimPrefix(request.URL.Path, "/")
	if path == "-/ping" {
		send(w, request, "application/json", []byte("{}"))
		return
	}
	if p := packages[path]; p != nil {
		send(w, request, "application/json", p.packument(r.URL))
		return
	}
	if tarball := find(packages, path); tarball != nil {
		send(w, request, "application/octet-stream", tarball)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"error":"not_found"}`)
}

// find returns the tarball at a path: the conventional one, or the one that the
// archive gives.
func find(packages map[string]*packageText, path string) []byte {
	for name, p := range packages {
		for version, v := range p.versions {
			if path == name+"/-/"+tarballName(name, version) || "/"+path == v.path {
				return v.tarball
			}
		}
	}
	return nil
}

// send answers with a body, also in part or not at all when the request says
// that the client has it (RFC 9110, sections 13 and 14).
func send(w http.ResponseWriter, request *http.Request, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("ETag", fmt.Sprintf(`"%.16x"`, sha256.Sum256(body)))
	http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(body))
}
