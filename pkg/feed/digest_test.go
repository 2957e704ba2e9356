package feed

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Digests of "abc", from FIPS 180-4's examples.
const (
	abcSHA1   = "a9993e364706816aba3e25717850c26c9cd0d89d"
	abcSHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	abcSHA384 = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
	abcSHA512 = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

	abcSRI1   = "sha1-qZk+NkcGgWq6PiVxeFDCbJzQ2J0="
	abcSRI512 = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
)

func TestHasher(t *testing.T) {
	h := NewHasher("sha1", "sha256", "sha384", "sha512", "sha512", "h1", "")
	for _, part := range []string{"a", "", "bc"} {
		if n, err := h.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", part, n, err)
		}
	}
	want := Digests{"sha1": abcSHA1, "sha256": abcSHA256, "sha384": abcSHA384, "sha512": abcSHA512}
	if diff := cmp.Diff(want, h.Digests()); diff != "" {
		t.Errorf("digests of abc, -want +got:\n%s", diff)
	}
	if h.Size() != 3 {
		t.Errorf("Size() = %d, want 3", h.Size())
	}
}

func TestDigestsHasher(t *testing.T) {
	d := Digests{"sha1": "x", "sha512": "y", "h1": "z"}
	got := d.Hasher("sha256").Digests()
	if len(got) != 2 || got["sha512"] == "" || got["sha256"] == "" {
		t.Errorf("hashes %v, want sha512, the strongest, and sha256, the extra one", got)
	}
	if got := (Digests{"h1": "z"}).Hasher().Digests(); len(got) != 0 {
		t.Errorf("hashes %v, want none", got)
	}
}

func TestParseSRI(t *testing.T) {
	for _, row := range []struct {
		what, text string
		want       Digests
	}{
		{"one", abcSRI512, Digests{"sha512": abcSHA512}},
		{"two, odd blanks", " " + abcSRI1 + "\n\t" + abcSRI512 + " ", Digests{"sha1": abcSHA1, "sha512": abcSHA512}},
		{"options", abcSRI1 + "?foo=bar", Digests{"sha1": abcSHA1}},
		{"first of an algorithm wins", abcSRI1 + " sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=", Digests{"sha1": abcSHA1}},
		{"unknown algorithm passed over", "md5-kAFQmDzST7DWlj99KOF/cg== " + abcSRI1, Digests{"sha1": abcSHA1}},
		{"nothing", "", nil},
		{"only unknown", "md5-kAFQmDzST7DWlj99KOF/cg==", nil},
		{"no base64", "sha1-???", nil},
		{"cut", abcSRI512[:40], nil},
		{"wrong length", "sha512-qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", nil},
		{"hex", "sha1-" + abcSHA1, nil},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, err := ParseSRI(row.text)
			if diff := cmp.Diff(row.want, got); diff != "" || (err == nil) != (row.want != nil) {
				t.Errorf("ParseSRI(%q), error %v, -want +got:\n%s", row.text, err, diff)
			}
		})
	}
	if _, err := ParseSRI(strings.Repeat("x", 1<<20)); err == nil || len(err.Error()) > 300 {
		t.Errorf("an endless text gives an error of %d bytes", len(err.Error()))
	}
}

func FuzzParseSRI(f *testing.F) {
	f.Add(abcSRI1 + " " + abcSRI512 + "?x")
	f.Fuzz(func(t *testing.T, text string) {
		digests, err := ParseSRI(text)
		for algorithm := range digests {
			again, errAgain := ParseSRI(digests.SRI(algorithm))
			if err != nil || errAgain != nil || again[algorithm] != digests[algorithm] {
				t.Errorf("%q: %s does not come back: %v, %v", text, algorithm, err, errAgain)
			}
		}
	})
}

func TestDigests(t *testing.T) {
	both := Digests{"sha1": abcSHA1, "sha512": abcSHA512}
	other := Digests{"sha1": abcSHA1, "sha256": abcSHA256, "sha512": "0"}
	for _, row := range []struct{ what, got, want string }{
		{"SRI", both.SRI("sha512"), abcSRI512},
		{"SRI of none", both.SRI("sha256"), ""},
		{"SRI of what is not hex", Digests{"h1": "?"}.SRI("h1"), ""},
		{"strongest", both.Strongest(), "sha512"},
		{"strongest of the weak", Digests{"sha1": "x", "h1": "y"}.Strongest(), "sha1"},
		{"strongest of none", Digests{"h1": "y"}.Strongest(), ""},
		{"conflict", both.Conflict(other), "sha512"},
		{"agreement", both.Conflict(Digests{"sha1": abcSHA1, "sha256": "x"}), ""},
		{"nothing in common", both.Conflict(nil), ""},
		{"text", both.String(), "sha512:" + abcSHA512},
		{"text of none", Digests(nil).String(), "no digest"},
		{"merge keeps the first", both.Merge(other)["sha512"], abcSHA512},
		{"merge adds", both.Merge(other)["sha256"], abcSHA256},
		{"merge with none", both.Merge(nil)["sha1"], abcSHA1},
		{"merge leaves its argument", other["sha512"], "0"},
		{"SHA256", SHA256([]byte("abc")), "sha256:" + abcSHA256},
	} {
		if row.got != row.want {
			t.Errorf("%s: got %q, want %q", row.what, row.got, row.want)
		}
	}
}
