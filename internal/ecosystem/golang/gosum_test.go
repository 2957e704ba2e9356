package golang

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Digests of the right form.
const (
	sumA = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	sumB = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
)

func TestReadSum(t *testing.T) {
	text := "example.com/b v1.0.0 h1:" + sumA + "\nexample.com/b v1.0.0/go.mod h1:" + sumB + "\n\n" +
		"example.com/A v0.1.0-RC1/go.mod h1:" + sumB + "\n" +
		"example.com/b v1.0.0 h1:" + sumA + "\n" +
		"example.com/b v1.0.0 h2:whatever\n" +
		"example.com/c v3.0.0+incompatible h1:" + sumA + "\n" +
		"example.com/d v1.0.0/go.mod h1:" + emptyMod + "\n"
	mod := "module example.com/main\n\nrequire (\n\texample.com/b v0.9.0\n\texample.com/z v1.0.0 // indirect\n)\n"
	request, err := ReadSum(fstest.MapFS{"go.sum": {Data: []byte(text)}, "go.mod": {Data: []byte(mod)}}, "go.sum")
	if err != nil {
		t.Fatal(err)
	}
	want := []feed.Node{
		{
			Name: "example.com/A", Version: "v0.1.0-RC1", Files: []string{"v0.1.0-!r!c1.info", "v0.1.0-!r!c1.mod"},
			Pins: []feed.Pin{{File: "v0.1.0-!r!c1.mod", Digests: feed.Digests{"h1": sumB}}},
		},
		{
			Name: "example.com/b", Version: "v1.0.0", Files: []string{"v1.0.0.info", "v1.0.0.mod", "v1.0.0.zip"},
			Pins: []feed.Pin{{File: "v1.0.0.mod", Digests: feed.Digests{"h1": sumB}}, {File: "v1.0.0.zip", Digests: feed.Digests{"h1": sumA}}},
		},
		{
			Name: "example.com/c", Version: "v3.0.0+incompatible",
			Files: []string{"v3.0.0+incompatible.info", "v3.0.0+incompatible.mod", "v3.0.0+incompatible.zip"},
			Pins:  []feed.Pin{{File: "v3.0.0+incompatible.zip", Digests: feed.Digests{"h1": sumA}}},
		},
	}
	if diff := cmp.Diff(want, request.Lock.Nodes); diff != "" {
		t.Error(diff)
	}
	edges := []feed.Edge{
		{From: feed.Root, To: 1, Requirement: feed.Requirement{Name: "example.com/b", Range: "v0.9.0"}},
		{From: feed.Root, To: feed.Open, Requirement: feed.Requirement{Name: "example.com/z", Range: "v1.0.0", Kind: "indirect"}, Why: "not part of the module graph"},
	}
	if diff := cmp.Diff(edges, request.Lock.Edges); diff != "" {
		t.Error(diff)
	}
}

func TestReadSumRefuses(t *testing.T) {
	line := func(rest string) string { return "example.com/b v1.0.0/go.mod h1:" + sumB + "\n" + rest }
	for what, row := range map[string]struct{ text, want string }{
		"words":         {line("example.com/b v1.0.0"), "go.sum:2: 2 words, want MODULE VERSION DIGEST"},
		"disagreement":  {line("example.com/b v1.0.0/go.mod h1:" + sumA), "go.sum:2: example.com/b v1.0.0/go.mod: h1:" + sumA + " here, and h1:" + sumB + " before"},
		"no base64":     {line("example.com/b v1.0.0 h1:???"), `go.sum:2: "h1:???" is no digest`},
		"short":         {line("example.com/b v1.0.0 h1:AAAA"), "is no digest"},
		"hostile path":  {line("../b v1.0.0 h1:" + sumA), "go.sum:2: go: ../b@v1.0.0"},
		"no version":    {line("example.com/b latest h1:" + sumA), "go.sum:2: go: example.com/b@latest"},
		"major version": {line("example.com/b v2.0.0 h1:" + sumA), "go.sum:2: go: example.com/b@v2.0.0"},
		"nothing":       {"\n\n", "lists no module"},
		"too large":     {strings.Repeat("\n", maxSum+1), "beyond the size limit"},
	} {
		_, err := ReadSum(fstest.MapFS{"go.sum": {Data: []byte(row.text)}}, "go.sum")
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %s", what, err, row.want)
		}
	}
	if _, err := ReadSum(fstest.MapFS{}, "go.sum"); err == nil {
		t.Error("no file is no error")
	}
}

func FuzzSum(f *testing.F) {
	f.Add("example.com/b v1.0.0 h1:" + sumA + "\nexample.com/b v1.0.0/go.mod h1:" + sumB + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		listed := sums{}
		if listed.add("go.sum", []byte(text)) != nil {
			return
		}
		for _, node := range listed.nodes() {
			if err := checkKey(node.Name, node.Version); err != nil || len(node.Files) < 2 {
				t.Errorf("%+v, %v", node, err)
			}
			for _, file := range node.Files {
				if err := feed.CheckPath(file); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
