package store

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

var recordSeeds = []string{
	`{"ecosystem":"demo","name":"a","releases":[]}`,
	`{"ecosystem":"demo","name":"a","metadata":{"a":"}]\"\\"},"releases":[{"version":"1","metadata":[1,"\\\"",{}]},{"metadata":"x","version":"2"}]}`,
	`{"ecosystem":"demo","name":"a","metadata" : 12 , "releases":[{"metadata":null},{"metadata":-1.5e3},{"metadata":true}]}`,
	`{"ecosystem":"demo","name":"a","tags":{"metadata":"metadata"},"releases":[{"version":"metadata","yanked":{"reason":"x"}}]}`,
	`{"ecosystem":"demo","name":"a","metadata":{"twice":1,"twice":2},"releases":null}`,
	"{\"ecosystem\":\"demo\",\"name\":\"a\",\"metadata\"\n:\t{} }",
	"{\"ecosystem\":\"demo\",\"name\":\"a\",\"metadata\":\"\xff\"}",
}

// checkRecord compares a record with what encoding/json reads, and reports whether
// it is one.
func checkRecord(t *testing.T, data []byte) bool {
	t.Helper()
	got, err := decodePackage(data, feed.PackageKey{Ecosystem: eco, Name: "a"})
	if err != nil {
		return false
	}
	var want feed.Package
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatalf("%s is read, but encoding/json says: %v", data, err)
	}
	one, err := encodePackage(got)
	other, otherErr := encodePackage(want)
	if err != nil || otherErr != nil {
		return true // a time that cannot be written
	}
	if diff := cmp.Diff(string(other), string(one)); diff != "" {
		t.Errorf("%s: -encoding/json +got:\n%s", data, diff)
	}
	return true
}

func TestDecodePackage(t *testing.T) {
	for _, seed := range recordSeeds {
		if !checkRecord(t, []byte(seed)) {
			t.Errorf("%s is not read", seed)
		}
	}
	p := typical(3)
	p.Name = "a"
	data, err := encodePackage(p)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, data, " ", "\t"); err != nil {
		t.Fatal(err)
	}
	if !checkRecord(t, data) || !checkRecord(t, b.Bytes()) {
		t.Errorf("%s is not read", data)
	}
	for _, broken := range []string{
		``, `{`, `{"metadata":`, `{"ecosystem":"demo","name":"a","metadata":{}`, `{"ecosystem":"demo","name":"a","metadata":{}}}`,
		`{"ecosystem":"demo","name":"a","metadata":{"}`, `{"ecosystem":"demo","name":"b"}`, `[]`,
	} {
		if checkRecord(t, []byte(broken)) {
			t.Errorf("%s is read", broken)
		}
	}
}

func FuzzDecodePackage(f *testing.F) {
	for _, seed := range recordSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lower := bytes.ToLower(data)
		if !bytes.Equal(data, lower) || bytes.ContainsRune(data, '\\') {
			return // encoding/json takes members whose names differ by case too
		}
		checkRecord(t, data)
	})
}
