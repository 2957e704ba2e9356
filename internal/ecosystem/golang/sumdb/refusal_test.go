package sumdb

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

const base = "sumdb/" + testName + "/"

// refusal is a run that must fail: the feed has records 10 and 299 of a log of
// size 300, and record 400 is added of the log at size 500.
type refusal struct {
	what      string
	damage    func(t *testing.T, l *fakeLog, request *ecosystem.EvidenceRequest)
	want      []string // all in the error
	integrity bool
}

func lookupOf(id int64) string {
	path, version := moduleAt(id)
	return base + "lookup/" + strings.ReplaceAll(path, "M", "!m") + "@" + version
}

func changed(path string, change func([]byte) []byte) func(string, []byte) []byte {
	return func(asked string, data []byte) []byte {
		if asked == path {
			return change(data)
		}
		return data
	}
}

func flip(data []byte) []byte { data[7] ^= 1; return data }

// forked returns the head of another history of the log, rightly signed.
func forked(l *fakeLog, size int64) string {
	return l.sign(tlog.Tree{N: size, Hash: tlog.RecordHash([]byte("another history"))})
}

// fork makes the log one with another history from record 5 on.
func fork(t *testing.T, l *fakeLog) {
	other := newLog(t)
	other.add(5, 10, 299, 400)
	l.sorted, l.ids, l.texts, l.memo = other.sorted, other.ids, other.texts, other.memo
}

var refusals = []refusal{
	{"forged record", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.change = changed(lookupOf(400), func(data []byte) []byte {
			return bytes.Replace(data, []byte("h1:"+sum("example.com/Mod400v1.0.0")), []byte("h1:"+sum("evil")), 1)
		})
	}, []string{`upstream "main"`, "record 400", "forged"}, true},
	{"record with another number", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.change = changed(lookupOf(400), func(data []byte) []byte { return bytes.Replace(data, []byte("400\n"), []byte("401\n"), 1) })
	}, []string{"record 401"}, true},
	{"record of another module", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.change = changed(lookupOf(400), func([]byte) []byte { return l.lookup("example.com/!mod10@v1.0.0") })
	}, []string{"go:example.com/Mod400@v1.0.0", "the record is one of example.com/Mod10"}, true},
	{"record that is no record", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[lookupOf(400)] = []byte("<html>no such page</html>")
	}, []string{"go:example.com/Mod400@v1.0.0", "malformed record"}, true},
	{"endless record", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[lookupOf(400)] = bytes.Repeat([]byte("x"), 1<<20)
	}, []string{"larger than 65536 bytes"}, true},
	{"missing tile", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"tile/8/0/001.p/244"] = nil
	}, []string{"tile/8/0/001.p/244", "not found", "serves only a part of the log"}, false},
	{"wrong tile", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.change = changed(base+"tile/8/0/001.p/244", flip)
	}, []string{`upstream "main"`, "tree of size 500"}, true},
	{"short tile", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.change = changed(base+"tile/8/0/001.p/244", func(data []byte) []byte { return data[:32] })
	}, []string{"tile/8/0/001.p/244", "32 bytes"}, true},
	{"bad signature", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.change = changed(base+"latest", func(data []byte) []byte { data[len(data)-10] ^= 1; return data })
	}, []string{`upstream "main": sumdb/sum.test/latest`, "signature"}, false},
	{"head that is no head", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte("<html>")
	}, []string{"sumdb/sum.test/latest", "malformed note"}, false},
	{"head of the empty tree", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte(l.sign(tlog.Tree{}))
	}, []string{"a tree of 0 records"}, false},
	{"head of an absurd size", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte(l.sign(tlog.Tree{N: 1<<63 - 1}))
	}, []string{"a tree of 9223372036854775807 records"}, false},
	{"heads older than the feed's", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte(l.head(200))
		l.headSize = func(int64) int64 { return 250 }
	}, []string{"has size 250, older than the feed's, of size 300"}, false},
	{"heads older than the record", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte(l.head(400))
		l.headSize = func(int64) int64 { return 350 }
	}, []string{"has size 400, older than record 400"}, false},
	{"lookup with a bad signature where it counts", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte(l.head(300))
		l.change = changed(lookupOf(400), func(data []byte) []byte { data[len(data)-10] ^= 1; return data })
	}, []string{"lookup of example.com/Mod400@v1.0.0", "signature"}, false},
	{"forked head", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"latest"] = []byte(forked(l, 500))
	}, []string{"tree of size 500"}, true},
	{"forked log", func(t *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		fork(t, l)
	}, []string{"first 300 records", "in the head of size 300", "two histories"}, true},
	{"zip pinned otherwise by go.sum", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Added[0].Release.Files[2].Digests = feed.Digests{"h1": sum("other")}
	}, []string{".zip", "h1:" + sum("other"), "go.sum", "h1:" + sum("example.com/Mod400v1.0.0"), "record 400 of sum.test"}, true},
	{"go.mod pinned otherwise by go.sum", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Added[0].Release.Files[1].Digests = feed.Digests{"h1": sum("other")}
	}, []string{".mod", "h1:" + sum("other"), "go.sum", "record 400 of sum.test"}, true},
	{"module that is not in the log", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[lookupOf(400)] = nil
	}, []string{"go:example.com/Mod400@v1.0.0", `upstream "main"`, "set GONOSUMDB=example.com/Mod400 for"}, false},
	{"module that is not in the log nor in the patterns", func(_ *testing.T, l *fakeLog, request *ecosystem.EvidenceRequest) {
		l.replace[lookupOf(400)] = nil
		request.Environment.Environ = append(request.Environment.Environ, "GOPRIVATE=*.corp.example")
	}, []string{"GONOSUMDB='*.corp.example,example.com/Mod400'"}, false},
	{"no upstream with the database", func(_ *testing.T, l *fakeLog, _ *ecosystem.EvidenceRequest) {
		l.replace[base+"supported"] = nil
	}, []string{"no upstream serves it", "other, main", "--no-sumdb", "GONOSUMDB"}, false},
	{"upstream that fails", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Read = func(context.Context, string, string) ([]byte, error) { return nil, errors.New("503") }
	}, []string{`upstream "other"`, "503"}, false},
	{"upstreams that cannot be told", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Upstreams = func(context.Context) ([]string, error) { return nil, errors.New("no upstream") }
	}, []string{"no upstream"}, false},
	{"version that no database has", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Added[0].Release.Version = "v1/../../x"
	}, []string{"go:example.com/Mod400"}, false},
	{"ledger that cannot be read", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Saved = func(context.Context, string) (feed.Package, error) { return feed.Package{}, errors.New("disk") }
	}, []string{"in the ledger: disk"}, false},
	{"ledger with another key", func(t *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		_, public, err := note.GenerateKey(rand.Reader, testName)
		if err != nil {
			t.Fatal(err)
		}
		request.Environment.Environ = append(request.Environment.Environ, "GOSUMDB="+public)
	}, []string{"another verifier key"}, false},
	{"ledger with a damaged head", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		saved := request.Saved
		request.Saved = func(ctx context.Context, name string) (feed.Package, error) {
			p, err := saved(ctx, name)
			if name == "sumdb/"+testName {
				p.Releases = []feed.Release{{Version: "300", Metadata: json.RawMessage(`{"head":"x"}`)}}
			}
			return p, err
		}
	}, []string{"sumdb/sum.test@300 in the ledger"}, false},
	{"ledger with another tile", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		saved := request.Saved
		request.Saved = func(ctx context.Context, name string) (feed.Package, error) {
			p, err := saved(ctx, name)
			if strings.HasSuffix(name, "/tile/8/0") {
				p.Releases = []feed.Release{{Version: "tiles", Files: []feed.File{{Path: "go/" + base + "tile/8/0/001.p/244", Digests: feed.Digests{"sha256": "00"}}}}}
			}
			return p, err
		}
	}, []string{"go/sumdb/sum.test/tile/8/0/001.p/244", "sha256:00 in the feed's ledger"}, true},
	{"unknown value of the option", func(_ *testing.T, _ *fakeLog, request *ecosystem.EvidenceRequest) {
		request.Options = map[string]string{"no-sumdb": "maybe"}
	}, []string{"maybe", "true or false"}, false},
}

func TestRefusals(t *testing.T) {
	for _, row := range refusals {
		t.Run(row.what, func(t *testing.T) {
			l, f := newLog(t), newFeed()
			l.add(10, 299, 400)
			mustMirror(t, f, l, 300, 10, 299)
			l.size = 500
			request := f.request(l, 400)
			row.damage(t, l, &request)
			before := *request.Added[0].Release
			evidence, err := Gather(t.Context(), request, func(ecosystem.Added, Record) error {
				t.Error("a record is handed out")
				return nil
			})
			if err == nil || len(evidence.Packages) > 0 {
				t.Fatalf("got %v, %v", evidence, err)
			}
			for _, part := range row.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got  %v\nwant %q in it", err, part)
				}
			}
			if errors.As(err, new(*feed.IntegrityError)) != row.integrity {
				t.Errorf("%v: integrity error %v, want %v", err, !row.integrity, row.integrity)
			}
			if diff := cmp.Diff(before, *request.Added[0].Release); diff != "" {
				t.Errorf("the release was changed:\n%s", diff)
			}
		})
	}
}
