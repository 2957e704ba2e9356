package web

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseNetrc(t *testing.T) {
	for name, row := range map[string]struct {
		text string
		want []NetrcEntry
	}{
		"nothing":          {"", nil},
		"one line":         {"machine A.test login ann password pw", []NetrcEntry{{"a.test", "ann", "pw"}}},
		"lines":            {"machine a.test\n  login ann\n  password pw\ndefault login any password d\n", []NetrcEntry{{"a.test", "ann", "pw"}, {"", "any", "d"}}},
		"quoted":           {`machine a.test login ann password "p \"w\\"`, []NetrcEntry{{"a.test", "ann", `p "w\`}}},
		"hash in password": {"machine a.test password p#w", []NetrcEntry{{"a.test", "", "p#w"}}},
		"comment":          {"# machine b.test password no\nmachine a.test password pw # login no", []NetrcEntry{{"a.test", "", "pw"}}},
		"macro":            {"macdef init\nmachine b.test password no\n\nmachine a.test account x password pw", []NetrcEntry{{"a.test", "", "pw"}}},
		"cut off":          {"login stray machine a.test password", []NetrcEntry{{"a.test", "", ""}}},
		"no host":          {"machine", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(row.want, ParseNetrc(row.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func FuzzParseNetrc(f *testing.F) {
	f.Add("machine a.test login \"x\\\nmacdef y")
	f.Fuzz(func(_ *testing.T, text string) { ParseNetrc(text) })
}

func TestFindNetrc(t *testing.T) {
	entries := ParseNetrc("machine none.test login x\nmachine a.test login first password one\nmachine a.test login later password two\n" +
		"machine b.test:8443 login b password three\ndefault login anyone password four")
	for _, row := range []struct{ address, user, want string }{
		{"https://a.test/", "", "first"},
		{"https://A.test:8443/", "", "first"},
		{"https://a.test/", "first", "first"},
		{"https://a.test/", "later", ""},
		{"https://b.test:8443/", "", "b"},
		{"https://b.test/", "", "anyone"},
		{"https://none.test/", "", "anyone"},
	} {
		u, err := url.Parse(row.address)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := FindNetrc(entries, u, row.user); got.Login != row.want || ok != (row.want != "") {
			t.Errorf("%s of %q: got %q, %v; want %q", row.address, row.user, got.Login, ok, row.want)
		}
	}
}
