// Package golangtest is a Go module proxy with a checksum database for tests,
// made from a short text archive:
//
//	-- example.com/alpha@v1.0.0/go.mod --
//	module example.com/alpha
//	-- example.com/alpha@v1.0.0/alpha.go --
//	package alpha
//	-- example.com/alpha@master.alias --
//	v1.0.0
//	-- faults --
//	/example.com/alpha/@v/list 2 status 503
//
// Files below MODULE@VERSION/ go into the zip; the go.mod among them is the
// proxy's .mod too, and without one the proxy makes one up, as the protocol
// demands. All of these are optional: MODULE@VERSION.mod, in the place of that
// go.mod; MODULE@VERSION.info and MODULE@list, documents that are served as they
// are; MODULE@NAME.alias, a branch or tag with the version it stands for;
// unlogged, the modules that the database does not know, one a line; database,
// "none" when the proxy serves none; faults, as registrytest reads them.
//
// The database is called sum.test; [Key] is its verifier key, for GOSUMDB. The
// same archive gives the same bytes, on every machine, but for the heads of a log
// that was set more than once.
package golangtest

import (
	"bytes"
	"context"
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
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"

	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

// The checksum database: its name, and its verifier key as GOSUMDB takes it.
const (
	Database = "sum.test"
	Key      = "sum.test+42193af4+AT7Alx4wI2iy6xlvR0JwxE0CfzfRSZOeKW1Plr0U4UHz"

	signer = "PRIVATE+KEY+sum.test+42193af4+AR7xb2rPHVVC3SxBuOI330g14pl9Jg03yqV0pvj0onbs"
)

// Registry is a running proxy. Faults and the log of requests are those of the
// embedded Server.
type Registry struct {
	*registrytest.Server

	mu      sync.Mutex
	content *content
	log     *sumdb.TestServer
}

// New starts a proxy that stops with the test.
func New(t testing.TB, archive *txtar.Archive) *Registry {
	t.Helper()
	r, err := Start(archive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// Start starts a proxy that the caller closes.
func Start(archive *txtar.Archive) (*Registry, error) {
	r := &Registry{}
	r.log = sumdb.NewTestServer(signer, r.sums)
	r.Server = registrytest.Start(http.HandlerFunc(r.serve))
	if err := r.Set(archive); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Set replaces everything that the proxy offers. The log of the database grows by
// what is new. Faults are added to those that are there.
func (r *Registry) Set(archive *txtar.Archive) error {
	c, err := read(archive)
	if err != nil {
		return err
	}
	if err := r.FailText(c.faults); err != nil {
		return err
	}
	r.mu.Lock()
	r.content = c
	r.mu.Unlock()
	for _, v := range c.order {
		if !c.unlogged[v.Path] {
			if _, err := r.log.Lookup(context.Background(), v); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bytes returns a file below the root of the proxy ("example.com/x/@v/v1.0.0.zip"),
// nil for one that is not there.
func (r *Registry) Bytes(path string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.content.files[path]
}

// Sum returns the lines of go.sum for a module version.
func (r *Registry) Sum(path, version string) string {
	text, err := r.sums(path, version)
	if err != nil {
		return ""
	}
	return string(text)
}

// WriteDir writes the proxy's tree, without the database, into a folder.
func (r *Registry) WriteDir(dir string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, data := range r.content.files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o666); err != nil {
			return err
		}
	}
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

// sums is what the database asks for.
func (r *Registry) sums(path, version string) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := module.Version{Path: path, Version: version}
	if sum := r.content.sums[v]; sum != "" && !r.content.unlogged[path] {
		return []byte(sum), nil
	}
	return nil, os.ErrNotExist
}

func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	c := r.content
	r.mu.Unlock()
	path := strings.TrimPrefix(request.URL.Path, "/")
	if below, ok := strings.CutPrefix(path, "sumdb/"+Database); ok && !c.withoutDatabase {
		r.serveDatabase(w, request, below)
		return
	}
	data, ok := c.files[path]
	if !ok {
		http.Error(w, "not found: unknown module or version", http.StatusNotFound)
		return
	}
	w.Header().Set("ETag", fmt.Sprintf(`"%.16x"`, sha256.Sum256(data)))
	http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(data))
}

func (r *Registry) serveDatabase(w http.ResponseWriter, request *http.Request, below string) {
	if below == "/supported" {
		w.WriteHeader(http.StatusOK)
		return
	}
	defer func() {
		if recover() != nil { // x/mod's test server has no answer to a tile that is not there yet
			http.Error(w, "not found: no such tile", http.StatusNotFound)
		}
	}()
	inner := request.Clone(request.Context())
	inner.URL.Path = below
	sumdb.NewServer(r.log).ServeHTTP(w, inner)
}
