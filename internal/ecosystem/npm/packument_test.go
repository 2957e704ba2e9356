package npm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

func pickAll(p *rawjson.Parser, _ string) ([]byte, error) { return p.Value() }

// reference reads a packument with encoding/json, the slow way.
func reference(body []byte) (name string, versions map[string]map[string]any, tags map[string]string) {
	var doc map[string]any
	if json.Unmarshal(body, &doc) != nil || doc == nil {
		return "", nil, nil
	}
	name, _ = doc["name"].(string)
	versions, tags = map[string]map[string]any{}, map[string]string{}
	all, _ := doc["versions"].(map[string]any)
	for version, value := range all {
		if manifest, ok := value.(map[string]any); ok && validVersion(version) {
			versions[version] = manifest
		}
	}
	allTags, _ := doc["dist-tags"].(map[string]any)
	for tag, value := range allTags {
		if version, ok := value.(string); ok && version != "" {
			tags[tag] = version
		}
	}
	return name, versions, tags
}

func FuzzPackument(f *testing.F) {
	for _, text := range []string{
		`{"name":"alpha","versions":{"1.0.0":{"dependencies":{"a":"1"},"scripts":{"install":"x"}}},"dist-tags":{"latest":"1.0.0"},"time":{"1.0.0":"2020-01-01T00:00:00Z"}}`,
		`{"name":"alpha","versions":{"1.0.0":{},"1.0.0":{"deprecated":true,"deprecated":"x"}},"versions":{"2.0.0":{"os":["linux"]}},"dist-tags":[],"dist-tags":{"a":"b","a":1}}`,
		`{"name":"beta","name":"alpha","versions":{"\u0031.0.0":{"engines":{"node":"*"},"dist":{"tarball":"x"}}}}`,
		"{\"name\":\"alpha\",\"versions\":{\"1.0.0\":{\"\xff\":\"\xff\"}}}", `[]`, `<html>`, `{"error":"x"}`, ` { "name" : "alpha" , "versions" : { } } `,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := readPackument("alpha", bytes.NewReader(body), nil, pickAll)
		name, versions, tags := reference(body)
		if err != nil {
			if name == "alpha" && strings.Count(string(body), "[")+strings.Count(string(body), "{") < rawjson.MaxDepth {
				t.Fatalf("%q: %v", body, err)
			}
			return
		}
		if name != "" && name != "alpha" || versions == nil {
			t.Fatalf("%q is accepted", body)
		}
		if len(doc.versions) != len(versions) || len(doc.tags) != len(tags) || len(tags) > 0 && !reflect.DeepEqual(doc.tags, tags) {
			t.Fatalf("%q: got %q %q, want %v %q", body, doc.versions, doc.tags, versions, tags)
		}
		reduced := &reducer{deprecated: map[string]string{}}
		small, err := readPackument("alpha", bytes.NewReader(body), nil, reduced.pick)
		if err != nil {
			t.Fatalf("%q: reducing: %v", body, err)
		}
		for version, want := range versions {
			compareManifest(t, doc.versions[version], want, nil)
			compareManifest(t, small.versions[version], want, keeps)
			if text, _ := want["deprecated"].(string); text != "" && reduced.deprecated[version] != text {
				t.Fatalf("%q: deprecated %q", body, reduced.deprecated[version])
			}
		}
	})
}

// compareManifest checks that text decodes to want, or to what only keeps of it.
func compareManifest(t *testing.T, text []byte, want map[string]any, only func(string) bool) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if only != nil {
		delete(got, "hasInstallScript")
		kept := map[string]any{}
		for key, value := range want {
			if only(key) {
				kept[key] = value
			}
		}
		want = kept
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: %s", text, cmp.Diff(want, got))
	}
}

func TestInstallScripts(t *testing.T) {
	for _, row := range []struct {
		manifest string
		want     bool
	}{
		{`{}`, false},
		{`{"scripts":{"test":"x","prepare":"x","preuninstall":"x"}}`, false},
		{`{"scripts":{"preinstall":"x"}}`, true},
		{`{"scripts":{"install":"x"}}`, true},
		{`{"scripts":{"postinstall":"x"}}`, true},
		{`{"scripts":{"install":""}}`, false},
		{`{"scripts":{"install":1}}`, false},
		{`{"scripts":["install"]}`, false},
		{`{"scripts":"install"}`, false},
		{`{"gypfile":true}`, true},
		{`{"gypfile":false}`, false},
		{`{"gypfile":"true"}`, false},
		{`{"gypfile":true,"scripts":{"install":"x"}}`, true},
		{`{"hasInstallScript":true}`, true},
		{`{"hasInstallScript":false,"scripts":{"install":"x"}}`, true},
		{`{"hasInstallScript":"yes"}`, false},
		{`{"scripts":{"install":"x"},"scripts":{}}`, false},
		{`{"scripts":{},"scripts":{"install":"x"}}`, true},
		{`{"scripts":{"install":"x","install":0}}`, false},
	} {
		members, err := rawjson.Members([]byte(row.manifest))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := hasInstallScript(members); err != nil || got != row.want {
			t.Errorf("%s: %v, %v", row.manifest, got, err)
		}
		reduced := &reducer{deprecated: map[string]string{}}
		text, err := reduced.pick(rawjson.NewParser([]byte(row.manifest)), "1.0.0")
		if err != nil || strings.Contains(string(text), `"hasInstallScript":true`) != row.want {
			t.Errorf("%s is reduced to %s, %v", row.manifest, text, err)
		}
	}
}

// The reduced manifests share buffers; none may write into another.
func TestReducedApart(t *testing.T) {
	var body strings.Builder
	body.WriteString(`{"name":"alpha","versions":{"0.0.0":{}`)
	for i := range 2000 {
		fmt.Fprintf(&body, `,"1.0.%d":{"dependencies":{"n":"%d","pad":%q}}`, i, i, strings.Repeat("x", i%3000))
	}
	body.WriteString("}}")
	reduced := &reducer{deprecated: map[string]string{}}
	doc, err := readPackument("alpha", strings.NewReader(body.String()), nil, reduced.pick)
	if err != nil || len(doc.versions) != 2001 {
		t.Fatal(err)
	}
	for i := range 2000 {
		got := string(append(doc.versions[fmt.Sprint("1.0.", i)], "…"...))
		if want := fmt.Sprintf(`{"dependencies":{"n":"%d","pad":%q}}…`, i, strings.Repeat("x", i%3000)); got != want {
			t.Fatalf("1.0.%d: %.200s", i, got)
		}
	}
}

// largePackument is like that of a package with many releases.
func largePackument() []byte {
	manifest := `{"name":"alpha","version":"1.0.%d","description":"a thing","license":"MIT","_id":"alpha@1.0.0","maintainers":[` +
		strings.TrimSuffix(strings.Repeat(`{"name":"somebody","email":"somebody@mail.test"},`, 6), ",") +
		`],"dependencies":{"beta":"^1.0.0","gamma":"~2.1.0","delta":">=3"},"devDependencies":{` +
		strings.TrimSuffix(strings.Repeat(`"some-tool":"^12.1.0",`, 25), ",") + `},"engines":{"node":">=18"},"scripts":{"test":"node test.js","build":"tsc -p . && node scripts/build.js"},` +
		`"dist":{"integrity":"sha512-` + strings.Repeat("A", 86) + `==","shasum":"0123456789abcdef0123456789abcdef01234567","tarball":"https://registry.example/alpha/-/alpha-1.0.0.tgz"}}`
	var b strings.Builder
	b.WriteString(`{"_id":"alpha","name":"alpha","dist-tags":{"latest":"1.0.1"},"versions":{`)
	for i := range 2000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"1.0.%d":`+manifest, i, i)
	}
	b.WriteString(`},"time":{"created":"2012-01-01T00:00:00.000Z"`)
	for i := range 2000 {
		fmt.Fprintf(&b, `,"1.0.%d":"2020-01-01T00:00:00.000Z"`, i)
	}
	b.WriteString(`},"readme":"` + strings.Repeat(`A line of text.\n`, 3000) + `"}`)
	return []byte(b.String())
}

func BenchmarkPackumentWanted(b *testing.B) {
	body := largePackument()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		doc, err := readPackument("alpha", bytes.NewReader(body), nil, func(p *rawjson.Parser, version string) ([]byte, error) {
			if version != "1.0.1500" {
				return nil, nil
			}
			return p.Value()
		})
		if err != nil || len(doc.versions) != 1 {
			b.Fatal(err)
		}
	}
}

func BenchmarkPackumentReduced(b *testing.B) {
	body := largePackument()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		reduced := &reducer{deprecated: map[string]string{}}
		doc, err := readPackument("alpha", bytes.NewReader(body), nil, reduced.pick)
		if err != nil || len(doc.versions) != 2000 {
			b.Fatal(err)
		}
	}
}
