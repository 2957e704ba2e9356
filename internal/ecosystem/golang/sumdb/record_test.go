package sumdb

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestParseText(t *testing.T) {
	const zip, mod = "1BqHzh7h/KSwoZpQ4Wc0XrNx9rBJYiQOmz8rYvGCVmM=", "2BqHzh7h/KSwoZpQ4Wc0XrNx9rBJYiQOmz8rYvGCVmM="
	const good = "a.b/c v1.0.0 h1:" + zip + "\na.b/c v1.0.0/go.mod h1:" + mod + "\n"
	for _, row := range []struct{ what, text, want string }{
		{"both lines", good, ""},
		{"other order and algorithm", "a.b/c v1.0.0/go.mod h1:" + mod + "\na.b/c v1.0.0 h2:x\na.b/c v1.0.0 h1:" + zip + "\n", ""},
		{"nothing", "", "newline"},
		{"one line", "a.b/c v1.0.0 h1:" + zip + "\n", "lacks"},
		{"only go.mod", "a.b/c v1.0.0/go.mod h1:" + mod + "\n", "lacks"},
		{"no newline", strings.TrimSuffix(good, "\n"), "newline"},
		{"blank line", good + "\n", "want MODULE VERSION DIGEST"},
		{"zip twice", good + "a.b/c v1.0.0 h1:" + mod + "\n", "two h1 digests"},
		{"another module", strings.ReplaceAll(good, "a.b/c", "a.b/C"), "want a.b/c@v1.0.0"},
		{"another version", strings.ReplaceAll(good, "v1.0.0", "v1.0.1"), "want a.b/c@v1.0.0"},
		{"one line of another module", good + "x.y/z v1.0.0 h1:" + zip + "\n", "want a.b/c@v1.0.0"},
		{"short digest", strings.ReplaceAll(good, zip, "AAAA"), "32 bytes"},
		{"no base64", strings.ReplaceAll(good, zip, "!"), "32 bytes"},
		{"two blanks", strings.ReplaceAll(good, " h1", "  h1"), "want MODULE"},
	} {
		t.Run(row.what, func(t *testing.T) {
			gotZip, gotMod, err := Record{Text: row.text}.Sums("a.b/c", "v1.0.0")
			if row.want == "" && (err != nil || gotZip != zip || gotMod != mod) || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %q, %q, %v; want %q", gotZip, gotMod, err, row.want)
			}
		})
	}
}

func TestRecordJSON(t *testing.T) {
	got, err := json.Marshal(Record{ID: 7, Text: "t\n", Head: "h\n"})
	if want := `{"id":7,"record":"t\n","head":"h\n"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

// FuzzAnswer reads answers to a lookup: what is accepted comes back from Lookup
// as it was, so that clients read the bytes that were checked.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("7\n" + recordText("a.b/c", "v1.0.0") + "\ngo.sum database tree\n9\nx\n"))
	f.Add([]byte("0\n\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := parseAnswer(data, "a.b/c", "v1.0.0")
		if err != nil {
			return
		}
		again := Lookup(Record{ID: a.id, Text: a.text, Head: a.head})
		b, err := parseAnswer(again, "a.b/c", "v1.0.0")
		if err != nil || a != b || a.sums.zip == "" || a.sums.mod == "" {
			t.Errorf("%q is accepted and written %q: %v", data, again, err)
		}
		if _, rest, _ := bytes.Cut(data, []byte("\n")); !bytes.HasSuffix(again, rest) {
			t.Errorf("%q is written %q", data, again)
		}
	})
}

func FuzzOwner(f *testing.F) {
	f.Add("go/sumdb/sum.golang.org/tile/8/0/x105/749")
	f.Add("go/sumdb/sum.golang.org/lookup/a.b/c@v1.0.0")
	f.Fuzz(func(_ *testing.T, path string) { Owner(path) })
}
