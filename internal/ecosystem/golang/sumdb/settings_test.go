package sumdb

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

func TestSettings(t *testing.T) {
	verifier := newLog(t).verifier
	for _, row := range []struct {
		what     string
		environ  string // entries between semicolons
		client   string // what "go env" prints; "" when there is no go
		database string // "" for off
		unlogged string
		err      string
	}{
		{"nothing set", "", "", "sum.golang.org", "", ""},
		{"go command says nothing more", "", `{"GONOSUMDB":"","GOPRIVATE":"","GOSUMDB":"sum.golang.org"}`, "sum.golang.org", "", ""},
		{"go command prints no JSON", "", `go: unknown flag`, "sum.golang.org", "", ""},
		{"name and address", "GOSUMDB=sum.golang.org https://db.test", "", "sum.golang.org", "", ""},
		{"off", "GOSUMDB=off", "", "", "", ""},
		{"off by the go command", "", `{"GOSUMDB":"off"}`, "", "", ""},
		{"environment wins", "GOSUMDB=sum.golang.org", `{"GOSUMDB":"off"}`, "sum.golang.org", "", ""},
		{"built-in key spelt out", "GOSUMDB=" + defaultKey, "", "sum.golang.org", "", ""},
		{"another database", "GOSUMDB=" + verifier, "", "sum.test", "", ""},
		{"another database and its address", "GOSUMDB=" + verifier + " https://db.test/x", "", "sum.test", "", ""},
		{"private modules", "GOPRIVATE=a.example, b.example,", "", "sum.golang.org", "a.example b.example", ""},
		{"unlogged modules win over private ones", "GOPRIVATE=a.example;GONOSUMDB=b.example", "", "sum.golang.org", "b.example", ""},
		{"unlogged modules of the go command too", "GOPRIVATE=a.example", `{"GONOSUMDB":"b.example"}`, "sum.golang.org", "b.example", ""},
		{"private modules of the go command", "", `{"GOPRIVATE":"a.example"}`, "sum.golang.org", "a.example", ""},
		{"name without a key", "GOSUMDB=db.test", "", "", "", "verifier key of this database is not known"},
		{"too much", "GOSUMDB=a b c", "", "", "", "at most one address"},
		{"no key", "GOSUMDB=a+b+c", "", "", "", "malformed verifier"},
		{"key under another name", "GOSUMDB=" + strings.Replace(verifier, "sum.test", "db.test", 1), "", "", "", "invalid verifier"},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := ecosystem.Environment{
				Environ: strings.Split(row.environ, ";"),
				Run: func(context.Context, string, ...string) ([]byte, error) {
					if row.client == "" {
						return nil, errors.New("no go here")
					}
					return []byte(row.client), nil
				},
			}
			s, err := readSettings(t.Context(), env, nil)
			if row.err != "" {
				if err == nil || !strings.Contains(err.Error(), row.err) {
					t.Fatalf("got %v, want %q", err, row.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if (s.off == "") != (row.database != "") || s.database.name != row.database {
				t.Errorf("database %q, off %q", s.database.name, s.off)
			}
			if diff := cmp.Diff(strings.Fields(row.unlogged), s.unlogged); diff != "" && len(s.unlogged)+len(row.unlogged) > 0 {
				t.Errorf("unlogged, -want +got:\n%s", diff)
			}
		})
	}
}

func TestDatabaseNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"sum.test": true, "localhost.test/sumdb": true, "../x": false, "a//b": false, "a/lookup": false, "tile/b": false, "a:b": false, "con": false,
	} {
		if err := checkName(name); (err == nil) != ok {
			t.Errorf("checkName(%q) = %v", name, err)
		}
	}
	_, other, err := note.GenerateKey(&zeros{}, defaultName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openDatabase(other); err == nil || !strings.Contains(err.Error(), "is not that of sum.golang.org") {
		t.Errorf("another key for Go's own database: %v", err)
	}
}
