package feedrun

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Get reads a file of a feed by its path there. One that is not there is
// fs.ErrNotExist.
type Get func(path string) ([]byte, error)

// Reader looks at a feed as the clients do: it reads the documents of every
// package of the world, then each file that they name, and compares its digest.
// It knows no ledger, no journal and no lock.
type Reader struct {
	get      Get
	problems []string
	files    int
}

// Look returns what a client would miss in a feed, and how many files were read.
func Look(get Get) (problems []string, files int) {
	r := &Reader{get: get}
	for ecosystem, n := range packages {
		look := map[string]func(string){"npm": r.npm, "cargo": r.cargo, "go": r.module, "pypi": r.python}[ecosystem]
		for _, name := range names(n) {
			look(name)
		}
	}
	return r.problems, r.files
}

func names(n int) []string {
	all := []string{"base", "app"}
	for i := range n {
		all = append(all, fmt.Sprintf("part%02d", i))
	}
	return all
}

// Dir reads a feed in a folder.
func Dir(dir string) Get {
	return func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path))) }
}

// Web reads a feed at an address.
func Web(address string) Get {
	return func(path string) ([]byte, error) {
		request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address+"/"+strings.TrimSuffix(path, "index.html"), nil)
		if err != nil {
			return nil, err
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		data, err := io.ReadAll(answer.Body)
		if answer.StatusCode == http.StatusNotFound {
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		}
		if err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s: %s", path, answer.Status, data)
		}
		return data, err
	}
}

func (r *Reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// document reads a document, nil when the feed has none.
func (r *Reader) document(path string) []byte {
	data, err := r.get(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.problem("%v", err)
	}
	return data
}

// file reads a file that a document names; want is its digest, where the document
// gives one.
func (r *Reader) file(document, path, want string, digest func([]byte) string) {
	data, err := r.get(path)
	r.files++
	if err != nil {
		r.problem("%s names %s: %v", document, path, err)
		return
	}
	if want != "" && digest(data) != want {
		r.problem("%s names %s with the digest %s, and it has %s", document, path, want, digest(data))
	}
}

func sha256Hex(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

func integrity(data []byte) string {
	sum := sha512.Sum512(data)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// npm reads a packument. What "base" needs must have a packument too: it is in the
// feed from the start, so that a client may install it at any moment.
func (r *Reader) npm(name string) {
	path := "npm/" + name + "/index.html"
	data := r.document(path)
	if data == nil {
		return
	}
	var packument struct {
		Versions map[string]struct {
			Dependencies map[string]string
			Dist         struct{ Tarball, Integrity string }
		}
	}
	if err := json.Unmarshal(data, &packument); err != nil {
		r.problem("%s: %v", path, err)
	}
	for _, version := range packument.Versions {
		r.file(path, strings.TrimPrefix(r.local(version.Dist.Tarball), "/"), version.Dist.Integrity, integrity)
		for need := range version.Dependencies {
			if name == "base" {
				r.file(path, "npm/"+need+"/index.html", "", nil)
			}
		}
	}
}

// local takes the address of the feed off a link.
func (r *Reader) local(link string) string {
	if at := strings.Index(link, "/npm/"); at >= 0 {
		return link[at:]
	}
	return link
}

func cargoIndex(name string) string {
	if len(name) == 3 {
		return "cargo/index/3/" + name[:1] + "/" + name
	}
	return "cargo/index/" + name[:2] + "/" + name[2:4] + "/" + name
}

func (r *Reader) cargo(name string) {
	path := cargoIndex(name)
	data := r.document(path)
	if data != nil {
		r.file(path, "cargo/index/config.json", "", nil)
	}
	for line := range strings.Lines(string(data)) {
		var release struct {
			Vers, Cksum string
			Deps        []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(line), &release); err != nil {
			r.problem("%s: %v", path, err)
			continue
		}
		r.file(path, "cargo/dl/"+name+"-"+release.Vers+".bin", release.Cksum, sha256Hex)
		for _, need := range release.Deps {
			if name == "base" {
				r.file(path, cargoIndex(need.Name), "", nil)
			}
		}
	}
}

func (r *Reader) module(name string) {
	folder := "go/example.com/" + name
	list := r.document(folder + "/@v/list")
	if list != nil {
		r.file(folder+"/@v/list", folder+"/@latest", "", nil)
		r.file(folder+"/@v/list", "go/sumdb/sum.test/latest", "", nil)
	}
	for line := range strings.Lines(string(list)) {
		version := strings.TrimSpace(line)
		for _, suffix := range []string{".info", ".mod", ".zip"} {
			r.file(folder+"/@v/list", folder+"/@v/"+version+suffix, "", nil)
		}
		r.file(folder+"/@v/list", "go/sumdb/sum.test/lookup/example.com/"+name+"@"+version, "", nil)
	}
}

var (
	wheelLink    = regexp.MustCompile(`href="[./]*(files/[^"#]+)#sha256=([0-9a-f]+)"[^>]*>`)
	metadataMark = regexp.MustCompile(`data-core-metadata="sha256=([0-9a-f]+)"`)
)

func (r *Reader) python(name string) {
	path := "pypi/simple/" + name + "/index.html"
	for _, link := range wheelLink.FindAllSubmatch(r.document(path), -1) {
		wheel := "pypi/" + string(link[1])
		r.file(path, wheel, string(link[2]), sha256Hex)
		if mark := metadataMark.FindSubmatch(link[0]); mark != nil {
			r.file(path, wheel+".metadata", string(mark[1]), sha256Hex)
		}
	}
}

// Watch reads a feed over and over, from the folder and through a web server in
// turns, until the returned function is called or the test ends. What was missing
// fails the test. The counts are of readings, and of the files that documents named.
func Watch(t testing.TB, dir string) (stop func() (rounds, files int)) {
	t.Helper()
	return watch(t, []Get{Dir(dir), Web(Serve(t, dir))})
}

// Serve serves a feed as a plain web server does, and returns its address.
func Serve(t testing.TB, dir string) string {
	t.Helper()
	server := httptest.NewServer(http.FileServer(unlisted{http.Dir(dir)}))
	t.Cleanup(server.Close)
	return server.URL
}

// WatchWeb is Watch for a feed that something else serves.
func WatchWeb(t testing.TB, address string) (stop func() (rounds, files int)) {
	t.Helper()
	return watch(t, []Get{Web(address)})
}

// watching is one reader at work.
type watching struct {
	done, ended   chan struct{}
	once          sync.Once
	rounds, files int
	problems      map[string]int // how often each was seen
}

func watch(t testing.TB, gets []Get) func() (rounds, files int) {
	t.Helper()
	w := &watching{done: make(chan struct{}), ended: make(chan struct{}), problems: map[string]int{}}
	go w.run(gets)
	stop := func() (int, int) {
		t.Helper()
		w.once.Do(func() {
			close(w.done)
			<-w.ended
			for problem, n := range w.problems {
				t.Errorf("a reader misses something, %d times in %d: %s", n, w.rounds, problem)
			}
		})
		return w.rounds, w.files
	}
	t.Cleanup(func() { stop() })
	return stop
}

func (w *watching) run(gets []Get) {
	defer close(w.ended)
	for {
		problems, n := Look(gets[w.rounds%len(gets)])
		w.rounds, w.files = w.rounds+1, w.files+n
		for _, problem := range problems {
			w.problems[problem]++
		}
		select {
		case <-w.done:
			return
		case <-time.After(60 * time.Millisecond): // the machine is not for readers alone
		}
	}
}

// unlisted are the files of a folder. A folder without a page of its own is not
// there: web servers that list nothing are the ones that feeds are made for.
type unlisted struct{ http.Dir }

func (u unlisted) Open(name string) (http.File, error) {
	file, err := u.Dir.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := file.Stat(); err != nil || info.IsDir() {
		if _, err := os.Stat(filepath.Join(string(u.Dir), filepath.FromSlash(name), "index.html")); err != nil {
			_ = file.Close()
			return nil, fs.ErrNotExist
		}
	}
	return file, nil
}
