package synthetic_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/feedctl/feedctl/internal/synthetic"
)

// client is what the go command's own client of checksum databases asks for; it
// remembers the newest head.
type client struct {
	sumdb.ClientOps
	t    *testing.T
	u    *synthetic.Universe
	head []byte
}

func get(t *testing.T, u *synthetic.Universe, path string) ([]byte, error) {
	t.Helper()
	answer := httptest.NewRecorder()
	u.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://registry.example/"+path, nil))
	if answer.Code != http.StatusOK {
		return nil, fmt.Errorf("%s: %d", path, answer.Code)
	}
	return io.ReadAll(answer.Body)
}

func (c *client) ReadRemote(path string) ([]byte, error) {
	return get(c.t, c.u, "sumdb/sum.synthetic.test"+path)
}

func (c *client) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(c.u.ChecksumKey()), nil
	}
	return c.head, nil
}

func (c *client) WriteConfig(_ string, _, head []byte) error {
	c.head = head
	return nil
}

func (c *client) ReadCache(string) ([]byte, error) { return nil, errors.New("there is no cache") }
func (c *client) WriteCache(string, []byte)        {}
func (c *client) Log(string)                       {}
func (c *client) SecurityError(text string)        { c.t.Error(text) }

func TestChecksumDatabase(t *testing.T) {
	u := universe(t, "go", 1, 60)
	ops := &client{t: t, u: u}
	for _, publish := range []func() synthetic.Release{
		func() synthetic.Release { return u.First(0) },
		func() synthetic.Release { return u.First(59) },
		func() synthetic.Release { return u.AddRelease(7) },
		u.AddPackage,
		func() synthetic.Release { return u.AddRelease(7) },
		func() synthetic.Release { return u.First(31) },
	} {
		r := publish()
		lines, err := sumdb.NewClient(ops).Lookup(r.Name, r.Version) // proves the head that ops has too
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%s %s %s", r.Name, r.Version, zipHash(t, u, r)); !slices.Contains(lines, want) {
			t.Errorf("%q, want %q", lines, want)
		}
	}
	if _, err := sumdb.NewClient(ops).Lookup(u.First(5).Name, "v1.99.0"); err == nil {
		t.Error("a release that does not exist has a record")
	}
}

// zipHash is the hash of the archive that is served, as go.sum has it.
func zipHash(t *testing.T, u *synthetic.Universe, r synthetic.Release) string {
	t.Helper()
	data, err := get(t, u, r.Name+"/@v/"+r.Version+".zip")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "zip")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	sum, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestTheSeedDecidesTheKey(t *testing.T) {
	one, same, other := universe(t, "go", 1, 10), universe(t, "go", 1, 10), universe(t, "go", 2, 10)
	for _, u := range []*synthetic.Universe{one, same, other} {
		u.AddRelease(3)
	}
	head := func(u *synthetic.Universe) string {
		data, err := get(t, u, "sumdb/sum.synthetic.test/latest")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if one.ChecksumKey() != same.ChecksumKey() || head(one) != head(same) {
		t.Error("the same seed gives another database")
	}
	if one.ChecksumKey() == other.ChecksumKey() || head(one) == head(other) {
		t.Error("another seed gives the same database")
	}
	for _, path := range []string{"tile/8/0/x156/x732/999", "tile/8/9/000", "tile/4/0/000", "tile/8/data/000", "lookup/x@v1.0.0", "lookup/!", ""} {
		if _, err := get(t, one, "sumdb/sum.synthetic.test/"+path); err == nil || !strings.HasSuffix(err.Error(), "404") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
