package golang

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

func TestOptions(t *testing.T) {
	for _, row := range []struct {
		what   string
		given  map[string]string
		answer string // of go env GOVERSION; empty when there is no go
		want   string // of option go
		err    string
	}{
		{what: "go on PATH", answer: "go1.26.8\n", want: "1.26.8"},
		{what: "an experiment", answer: "go1.26.8 X:nodwarf5\n", want: "1.26.8"},
		{what: "no go", want: "none"},
		{what: "a development go", answer: "devel go1.27-abc", want: "none"},
		{what: "given", given: map[string]string{"go": "go1.22"}, answer: "go1.26.8", want: "1.22"},
		{what: "none", given: map[string]string{"go": "none"}, answer: "go1.26.8", want: "none"},
		{what: "wrong go", given: map[string]string{"go": "latest"}, err: `go option go="latest": want a version`},
		{what: "zips", given: map[string]string{"zips": "build"}, want: "none"},
		{what: "wrong zips", given: map[string]string{"zips": "few"}, err: `go option zips="few": want all or build`},
		{what: "no database", given: map[string]string{"no-sumdb": "true"}, want: "none"},
		{what: "wrong database", given: map[string]string{"no-sumdb": "no"}, err: `go option no-sumdb="no": want true or false`},
		{what: "toolchain", given: map[string]string{"toolchain": "go1.27.1/linux-amd64, go1.27.1/windows/arm64"}, want: "none"},
		{what: "wrong toolchain", given: map[string]string{"toolchain": "1.27.1/linux-amd64"}, err: "want a Go release and a platform"},
		{what: "toolchain without platform", given: map[string]string{"toolchain": "go1.27.1"}, err: "want a Go release and a platform"},
		{what: "hostile toolchain", given: map[string]string{"toolchain": "go1.27.1/linux-amd64/../../x"}, err: "want a Go release and a platform"},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := ecosystem.Environment{Run: func(context.Context, string, ...string) ([]byte, error) {
				if row.answer == "" {
					return nil, errors.New("no such program")
				}
				return []byte(row.answer), nil
			}}
			given := maps.Clone(row.given)
			if given == nil {
				given = map[string]string{}
			}
			err := options(t.Context(), env, given)
			if row.err == "" && (err != nil || given["go"] != row.want) || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)) {
				t.Errorf("go=%q, %v; want %q, %q", given["go"], err, row.want, row.err)
			}
		})
	}
}

func TestParseToolchains(t *testing.T) {
	got, err := parseToolchains("go1.27.1/linux-amd64, go1.27rc1/windows/arm64,")
	want := []string{"v0.0.1-go1.27.1.linux-amd64", "v0.0.1-go1.27rc1.windows-arm64"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
