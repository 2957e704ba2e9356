package store

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

var cutSeeds = []string{
	`{"ecosystem":"demo","name":"a","releases":[]}`,
	`{"ecosystem":"demo","name":"a","metadata":{"a":"}]\"\\"},"releases":[{"version":"1","metadata":[1,"\\\"",{}]},{"metadata":"x","version":"2"}]}`,
	`{"ecosystem":"demo","name":"a","metadata" : 12 , "releases":[{"metadata":null},{"metadata":-1.5e3},{"metadata":true}]}`,
	`{"ecosystem":"demo","name":"metadata","tags":{"metadata":"metadata"},"releases":[{"version":"metadata","yanked":{"metadata":1}}]}`,
	`{"ecosystem":"demo","name":"a","metadata":1,"metadata":2,"releases":null}`,
	`{"ecosystem":"demo","name":"a","metadata":"#0"}`,
	"{\"ecosystem\":\"demo\",\"name\":\"a\",\"metadata\"\n:\t{} }",
	`{"metadata":`, `{"metadata"`, `{"metadata":"`, `{"metadata":}`, `"metadata":1`, `{"metadata":{"}`, `"`, `"\`,
}

// checkCut compares a record read in the quick way with one read by encoding/json.
func checkCut(t *testing.T, data []byte) {
	t.Helper()
	key := feed.PackageKey{Ecosystem: eco, Name: "a"}
	var want feed.Package
	err := json.Unmarshal(data, &want)
	key.Name = want.Name
	got, gotErr := decodePackage(data, key)
	if err != nil {
		return // metadata is not looked into, so more is read
	}
	if want.Ecosystem != eco {
		return
	}
	if diff := cmp.Diff(want, got); diff != "" || gotErr != nil {
		t.Errorf("%s: %v, -encoding/json +got:\n%s", data, gotErr, diff)
	}
}

func TestDecodePackage(t *testing.T) {
	for _, seed := range cutSeeds {
		checkCut(t, []byte(seed))
	}
	for i := range 5 {
		data, err := encodePackage(typical(i))
		if err != nil {
			t.Fatal(err)
		}
		checkCut(t, data)
		var b bytes.Buffer
		if err := json.Indent(&b, data, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		checkCut(t, b.Bytes())
	}
	for _, broken := range []string{``, `{`, `{"metadata":`, `{"ecosystem":"demo","name":"a","metadata":{}`, `{"ecosystem":"demo","name":"a","metadata":{}}}`} {
		if p, err := decodePackage([]byte(broken), feed.PackageKey{Ecosystem: eco, Name: "a"}); err == nil {
			t.Errorf("%s is read: %+v", broken, p)
		}
	}
}

func FuzzDecodePackage(f *testing.F) {
	for _, seed := range cutSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		// Where a text looks like the marks that stand for what was cut, or a
		// member's name has another case or escapes, the two ways may differ.
		if bytes.ContainsAny(data, `#\`) || bytes.Contains(data, []byte(`ETADATA`)) {
			_, _ = decodePackage(data, feed.PackageKey{Ecosystem: eco, Name: "a"})
			return
		}
		checkCut(t, data)
	})
}
