package pypi

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

func text(s string) *string { return &s }

// TestFacts reads facts in the form for choosing and in that of the ledger.
func TestFacts(t *testing.T) {
	for _, f := range []facts{
		{Files: []fileFacts{{Name: "demo-1.zip"}}},
		{Python: ">=3.8,<4", Files: []fileFacts{{Name: "a", Python: text(""), Yanked: text("")}, {Name: "b", Python: text("!=3.0.*"), Uploaded: "2024-01-01T00:00:00Z", Yanked: text("x"), Provenance: "https://index.test/p"}}},
		{Python: ">=3", Files: []fileFacts{{Name: "a", Yanked: text("said \"no\" \\u003e \\ <b>&\n\tünsafe\u2028\x7f")}}},
		{Files: []fileFacts{}},
	} {
		ledger, err := f.encode()
		if err != nil {
			t.Fatal(err)
		}
		var w factWriter
		first, second := w.write(&f), w.write(&f)
		for _, raw := range []json.RawMessage{ledger, first, second} {
			got, err := decodeFacts("demo", "1", raw)
			if diff := cmp.Diff(f, got, cmp.AllowUnexported(facts{})); diff != "" || err != nil || !json.Valid(raw) {
				t.Errorf("%s: %v, -want +got:\n%s", raw, err, diff)
			}
		}
		if got, ok := scanFacts(ledger); !ok && f.Files[0].Yanked == nil {
			t.Errorf("%s is not read fast: %+v", ledger, got)
		}
	}
	for _, raw := range []string{``, `{`, `{}`, `{"files":[`, `{"files":[{}]}`, `{"files":[{"name":"a"]}`, `{"files":[]}x`, `{"files":[{"name":"a\"}]}`} {
		want := facts{}
		wrong := json.Unmarshal([]byte(raw), &want)
		got, err := decodeFacts("demo", "1", json.RawMessage(raw))
		if (err == nil) != (wrong == nil) || err == nil && cmp.Diff(want, got, cmp.AllowUnexported(facts{})) != "" {
			t.Errorf("%s: %+v, %v; want %+v, %v", raw, got, err, want, wrong)
		}
	}
}

func FuzzFacts(f *testing.F) {
	f.Add([]byte(`{"python":"\u003e=3","files":[{"name":"a","python":"","uploaded":"x","yanked":"\\","provenance":"y"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := scanFacts(raw)
		var want facts
		if !ok {
			return
		}
		if err := json.Unmarshal(raw, &want); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %+v, want %+v, %v", raw, got, want, err)
		}
	})
}

// TestRanks prefers wheels as the selector does.
func TestRanks(t *testing.T) {
	parsed, err := wheel.ParseTarget("3.11", "manylinux_2_28_x86_64")
	if err != nil {
		t.Fatal(err)
	}
	selector := wheel.NewSelector(parsed)
	r := newRanks(selector)
	names := []string{
		"demo-1-py3-none-any.whl", "demo-2-py3-none-any.whl", "demo-1-1-py3-none-any.whl", "demo-1-2-py3-none-any.whl", "demo-1-cp311-cp311-manylinux_2_17_x86_64.whl",
		"demo-1-cp311-abi3-manylinux_2_28_x86_64.whl", "demo-1-cp312-cp312-manylinux_2_17_x86_64.whl", "Demo-1-py3-none-any.whl", "demo-1-py2.py3-none-any.whl",
	}
	for _, a := range names {
		for _, b := range names {
			v, _ := wheel.ParseWheel(a)
			w, _ := wheel.ParseWheel(b)
			if got, want := r.of(a).better(a, r.of(b), b), selector.Better(v, w); got != want && r.of(a).supported {
				t.Errorf("%s before %s: %t, want %t", a, b, got, want)
			}
		}
	}
	if r.of("nothing.whl").supported {
		t.Error("no wheel is supported")
	}
}
