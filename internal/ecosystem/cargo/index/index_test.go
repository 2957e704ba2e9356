package index

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// lineWith is a whole index line with more members.
func lineWith(name, version, more string) string {
	return `{"name":"` + name + `","vers":"` + version + `","deps":[],"cksum":"` + sum + `","features":{}` + more + `}`
}

func TestDecode(t *testing.T) {
	text := `{"name": "alpha", "vers": "1.0.0+m", "deps": [
		{"name": "b", "req": "^1", "features": ["x","y"], "optional": true, "default_features": false, "target": "cfg(windows)", "kind": "build", "registry": "sparse+https://registry.example/", "package": "Bar_Baz"},
		{"name": "c", "req": "= 0.3.21", "features": [], "kind": null, "target": null},
		{"name": "d", "req": "*", "kind": "normal", "unknown": {"deep": [1, {"x": "\"}"}]}}
	], "cksum": "` + sum + `", "features": {"a": ["b/x"]}, "features2": {"a": ["b?/z"], "e": ["dep:c"]}, "yanked": true,
	"links": "native", "v": 2, "rust_version": "1.60", "pubtime": "2026-01-02T03:04:05Z", "other": -1.5e3}`
	got, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Line{
		Name: "alpha", Version: "1.0.0+m", Checksum: sum, Links: "native", RustVersion: "1.60", Schema: 2, Yanked: true,
		Features: map[string][]string{"a": {"b/x", "b?/z"}, "e": {"dep:c"}},
		Dependencies: []Dependency{
			{Name: "b", Package: "Bar_Baz", Requirement: "^1", Features: []string{"x", "y"}, Optional: true, Target: "cfg(windows)", Kind: "build", Registry: "sparse+https://registry.example/"},
			{Name: "c", Requirement: "= 0.3.21", DefaultFeatures: true},
			{Name: "d", Requirement: "*", DefaultFeatures: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	entry, err := Scan([]byte(text))
	published := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if err != nil || entry.Name != "alpha" || entry.Version != "1.0.0+m" || !entry.Yanked || entry.Schema != 2 || !entry.Published.Equal(published) || entry.RustVersion != "1.60" {
		t.Errorf("Scan: %+v, %v", entry, err)
	}
	if got := VersionOf([]byte(text)); got != "1.0.0+m" {
		t.Errorf("VersionOf: %q", got)
	}
}

func TestDecodeSkips(t *testing.T) {
	for name, row := range map[string]struct{ text, reason string }{
		"unknown schema":     {lineWith("a", "1.0.0", `,"v":3`), "schema version 3"},
		"no name":            {`{"vers":"1.0.0"}`, "no name of a crate"},
		"bad name":           {lineWith("../a", "1.0.0", ""), "no name of a crate"},
		"no version":         {lineWith("a", "1", ""), "Semantic Versioning"},
		"no checksum":        {`{"name":"a","vers":"1.0.0"}`, "no SHA-256"},
		"not JSON":           {`<html>`, "want"},
		"cut":                {lineWith("a", "1.0.0", "")[:40], "ends too early"},
		"more behind":        {lineWith("a", "1.0.0", "") + "x", "more follows"},
		"wrong type":         {`{"name":1}`, "want"},
		"hostile dependency": {`{"name":"a","vers":"1.0.0","deps":[{"name":"../b","req":"1"}],"cksum":"` + sum + `"}`, "no name of a crate"},
		"deep":               {`{"deps":` + strings.Repeat(`[`, 100), "want"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Decode([]byte(row.text))
			var skipped *SkippedError
			if !errors.As(err, &skipped) || !strings.Contains(err.Error(), row.reason) {
				t.Errorf("got %v, want %q", err, row.reason)
			}
		})
	}
}

func TestLines(t *testing.T) {
	var got []string
	Lines([]byte("\n{a}\r\n  \n{b}"), func(line []byte) bool {
		got = append(got, string(line))
		return true
	})
	if diff := cmp.Diff([]string{"{a}", "{b}"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSetYanked(t *testing.T) {
	for _, row := range []struct{ line, want string }{
		{`{"yanked":false,"x":"yanked"}`, `{"yanked":true,"x":"yanked"}`},
		{`{"x":{"yanked":false}}`, `{"x":{"yanked":false},"yanked":true}`},
		{`{"a":1,"yanked":null}`, `{"a":1,"yanked":true}`},
	} {
		got, err := SetYanked([]byte(row.line), true)
		if err != nil || string(got) != row.want {
			t.Errorf("%s: %s, %v", row.line, got, err)
		}
	}
	for _, line := range []string{"", "{}", "[]", `{"a":`} {
		if got, err := SetYanked([]byte(line), true); err == nil {
			t.Errorf("%q: %s", line, got)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, row := range []struct{ template, want string }{
		{"https://dl.test/crates", "https://dl.test/crates/Foo-Lib/1.0.0+m/download"},
		{"https://dl.test/{crate}-{version}.bin", "https://dl.test/Foo-Lib-1.0.0+m.bin"},
		{"https://dl.test/{prefix}/{lowerprefix}/{sha256-checksum}", "https://dl.test/Fo/o-/fo/o-/" + sum},
	} {
		c, err := ParseConfig([]byte(`{"dl":"` + row.template + `","api":"https://x.test","auth-required":true}`))
		if err != nil || !c.AuthRequired {
			t.Fatal(c, err)
		}
		if got := c.URL("Foo-Lib", "1.0.0+m", sum); got != row.want {
			t.Errorf("%s: got %s, want %s", row.template, got, row.want)
		}
	}
	for _, text := range []string{
		``, `<html>`, `{}`, `{"dl":""}`, `{"dl":"../x"}`, `{"dl":"/x"}`, `{"dl":"file:///etc/passwd"}`, `{"dl":"https://user:pw@dl.test/"}`, `{"dl":1}`,
	} {
		if c, err := ParseConfig([]byte(text)); err == nil {
			t.Errorf("%s is accepted as %+v", text, c)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add([]byte(lineWith("alpha", "1.0.0", `,"yanked":true,"v":2,"features2":{"a":["dep:b"]}`)))
	f.Add([]byte(`{"name":"a","vers":"1.0.0","deps":[{"name":"b","req":"1","kind":null}],"cksum":"` + sum + `"}`))
	f.Add([]byte(`{"a":[[[{"b":"\\\""}]]]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		entry, scanErr := Scan(text)
		line, err := Decode(text)
		if err != nil {
			return
		}
		if scanErr != nil || entry.Name != line.Name || entry.Version != line.Version || entry.Yanked != line.Yanked {
			t.Fatalf("Scan and Decode differ: %+v %v, %+v", entry, scanErr, line)
		}
		changed, err := SetYanked(text, !line.Yanked)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Decode(changed); err != nil || again.Yanked == line.Yanked {
			t.Fatalf("%q: %v", changed, err)
		}
	})
}
