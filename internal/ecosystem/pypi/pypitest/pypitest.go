// Package pypitest is a Python package index for tests, made from a short text
// archive:
//
//	-- alpha@1.0/METADATA --
//	Requires-Dist: beta>=1
//	Requires-Python: >=3.8
//	-- alpha@1.0/alpha/__init__.py --
//	print("alpha")
//	-- alpha@1.0/alpha-1.0-cp311-cp311-win_amd64.whl --
//	-- alpha@1.0/alpha-1.0.tar.gz --
//	-- alpha@1.0.options --
//	yanked broken build
//	-- page --
//	form html
//	-- faults --
//	/simple/beta/ 2 status 503
//
// PROJECT@VERSION/PATH is a file of the release, and goes into every wheel and
// source distribution of it. METADATA is completed with Metadata-Version, Name and
// Version where it lacks them, and is PKG-INFO too. Entries that end in .whl,
// .tar.gz or .zip say which distributions there are; an entry with content has
// that as its METADATA or PKG-INFO in the place of the release's. Without any such
// entry there is PROJECT-VERSION-py3-none-any.whl.
//
// PROJECT@VERSION.options holds lines for all files of the release, and
// FILENAME.options lines for one file: "yanked REASON", "requires-python
// SPECIFIERS" (else what METADATA says), "uploaded TIME", "digest HEX" (in the
// place of the right one), "metadata TEXT" (a .metadata file other than the
// wheel's own), "no-metadata" (none at all), "raw TEXT" (the content of the file
// itself), "core-metadata VALUE", "name FILENAME" (another file name on the page).
//
// page holds lines for the whole index: "form html|json|both" (both is the
// default: JSON for who asks for it first), "core-metadata yes|no" (whether pages
// offer it; default no), "siblings yes|no" (whether the .metadata files are there;
// default yes), "ranges yes|no", "absolute ADDRESS" (in the place of relative
// links), "uploads yes|no" (default yes), "sizes yes|no" (default no).
//
// PROJECT.page is a page that is served as it is; extra/PATH any other file; faults
// is read as registrytest does. Everything is optional.
//
// The index is at /simple/, its files at /files/NAME, and a flat page of all of
// them at /files/. The same archive gives the same bytes, on every machine.
package pypitest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
)

// Registry is a running index. Faults and the log of requests are those of the
// embedded Server.
type Registry struct {
	*registrytest.Server

	mu      sync.Mutex
	content *content
}

// New starts an index that stops with the test.
func New(t testing.TB, archive *txtar.Archive) *Registry {
	t.Helper()
	r, err := Start(archive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// Start starts an index that the caller closes.
func Start(archive *txtar.Archive) (*Registry, error) {
	r := &Registry{}
	r.Server = registrytest.Start(http.HandlerFunc(r.serve))
	if err := r.Set(archive); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Set replaces everything that the index offers. Faults are added to those that
// are there.
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
	return nil
}

// Index returns the address of the index, with a slash at its end.
func (r *Registry) Index() string { return r.URL + "/simple/" }

// Bytes returns a distribution or a .metadata file by its name, nil for one that
// is not there.
func (r *Registry) Bytes(name string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.content.files[name]
}

// SHA256 returns the digest of a file in hex, for locks and requirements.
func (r *Registry) SHA256(name string) string {
	data := r.Bytes(name)
	if data == nil {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// WriteDir writes the index into a folder: simple/NAME/index.html, and files/.
func (r *Registry) WriteDir(dir string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	tree := map[string][]byte{}
	for name, data := range r.content.files {
		tree["files/"+name] = data
	}
	for _, project := range r.content.projects() {
		tree["simple/"+project+"/index.html"] = r.content.html(project)
	}
	for name, data := range tree {
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

func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	c := r.content
	r.mu.Unlock()
	if project, ok := strings.CutPrefix(request.URL.Path, "/simple/"); ok {
		c.servePage(w, request, strings.TrimSuffix(project, "/"))
		return
	}
	name := strings.TrimPrefix(request.URL.Path, "/files/")
	data, ok := c.files[name]
	switch {
	case request.URL.Path == "/files/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(c.flat())
		return
	case !ok:
		data, ok = c.extra[strings.TrimPrefix(request.URL.Path, "/")]
	}
	if !ok {
		http.NotFound(w, request)
		return
	}
	w.Header().Set("Content-Type", contentType(name))
	w.Header().Set("ETag", fmt.Sprintf(`"%.16x"`, sha256.Sum256(data)))
	if c.noRanges {
		request.Header.Del("Range")
		w.Write(data)
		return
	}
	http.ServeContent(w, request, "", time.Time{}, bytes.NewReader(data))
}

func contentType(name string) string {
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" && path.Ext(name) == ".html" {
		return kind
	}
	return "application/octet-stream"
}

func (c *content) servePage(w http.ResponseWriter, request *http.Request, project string) {
	data, kind := c.pages[project], "text/html; charset=utf-8"
	switch {
	case data != nil && bytes.HasPrefix(data, []byte("{")):
		kind = typeJSON
	case data != nil:
	case project == "":
		data = c.root()
	case c.byProject[project] == nil:
		http.NotFound(w, request)
		return
	case c.form == "json" || c.form == "both" && strings.HasPrefix(request.Header.Get("Accept"), typeJSON):
		data, kind = c.json(project), typeJSON
	default:
		data = c.html(project)
	}
	w.Header().Set("Content-Type", kind)
	w.Write(data)
}

const typeJSON = "application/vnd.pypi.simple.v1+json"
