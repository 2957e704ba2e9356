package feed

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEscapeName(t *testing.T) {
	for _, row := range []struct{ what, name, want string }{
		{"plain", "express", "express"},
		{"scope", "@babel/core", "@babel/core"},
		{"marks that stay", "a._+~-9", "a._+~-9"},
		{"upper case", "JSONStream", "!j!s!o!n!stream"},
		{"exclamation mark", "a!b", "a!!b"},
		{"blank and percent", "a b%", "a=20b=25"},
		{"letters beyond ASCII", "ä", "=c3=a4"},
		{"equals sign", "a=b", "a=3db"},
		{"backslash and colon", `c:\x`, "c=3a=5cx"},
		{"device", "con", "!=con"},
		{"device with a suffix", "nul.tar.gz", "!=nul.tar.gz"},
		{"device below a folder", "a/com7", "a/!=com7"},
		{"upper-case device is none any more", "CON", "!c!o!n"},
		{"no device", "com", "com"},
		{"no device either", "com10", "com10"},
		{"leading dot", ".npmrc", "!.npmrc"},
		{"trailing dot", "a.", "a=2e"},
		{"trailing .json", "a.json", "a!.json"},
		{"only .json", ".json", "!.json"},
		{"dots inside", "a.b.c", "a.b.c"},
		{"device with a trailing dot", "aux.", "!=aux=2e"},
		{"three dots", "...", "!..=2e"},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, err := EscapeName(row.name)
			if err != nil || got != row.want {
				t.Fatalf("EscapeName(%q) = %q, %v; want %q", row.name, got, err, row.want)
			}
			if back, err := UnescapeName(got); err != nil || back != row.name {
				t.Errorf("UnescapeName(%q) = %q, %v; want %q", got, back, err, row.name)
			}
		})
	}
}

func TestEscapeNameRefuses(t *testing.T) {
	for _, row := range []struct{ what, name string }{
		{"nothing", ""},
		{"empty segment", "a//b"},
		{"leading slash", "/a"},
		{"trailing slash", "a/"},
		{"dot", "a/."},
		{"dot dot", "../a"},
		{"control character", "a\x00b"},
		{"newline", "a\nb"},
		{"control character beyond ASCII", "a\u0085b"},
		{"no UTF-8", "a\xff"},
		{"long segment", strings.Repeat("a", 201)},
		{"segment that grows long", strings.Repeat("A", 101)},
		{"long whole", strings.Repeat("abcdefghi/", 100) + "x"},
	} {
		t.Run(row.what, func(t *testing.T) {
			if got, err := EscapeName(row.name); err == nil {
				t.Errorf("EscapeName(%.40q) = %.40q, want an error", row.name, got)
			}
		})
	}
	for _, name := range []string{strings.Repeat("a", 200), strings.Repeat("A", 100), strings.Repeat("abcdefghi/", 99) + "0123456789"} {
		if _, err := EscapeName(name); err != nil {
			t.Errorf("at the limit: %v", err)
		}
	}
}

func TestUnescapeNameRefuses(t *testing.T) {
	for _, path := range []string{
		"", "A", "a b", "!", "a=", "a=2", "a=2G", "a=2A", "a=61", "=00", "!A", "!1", "con", "a!=b", "!=a", "a!.b", "a.json", "a/", "..", "!.", "!.!.", "a=2fb",
	} {
		if name, err := UnescapeName(path); err == nil {
			t.Errorf("UnescapeName(%q) = %q, want an error", path, name)
		}
	}
}

// names are drawn from what makes escaping hard, so that near collisions occur.
var names = rapid.StringOfN(rapid.SampledFrom([]rune("aAbBcCoOnNjJsS01.!=/@~ éÉ\\K")), 1, 12, -1)

func TestEscapeNameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := names.Draw(t, "name")
		escaped, err := EscapeName(name)
		if err != nil {
			t.Skip(err)
		}
		if back, err := UnescapeName(escaped); err != nil || back != name {
			t.Fatalf("%q is written %q and read %q, %v", name, escaped, back, err)
		}
		if err := CheckPath(escaped + ".json"); err != nil {
			t.Fatal(err)
		}
		if strings.ToLower(escaped) != escaped {
			t.Fatalf("%q has upper case", escaped)
		}
	})
}

func TestEscapeNameCollides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, other := names.Draw(t, "one"), names.Draw(t, "other")
		a, errA := EscapeName(one)
		b, errB := EscapeName(other)
		if errA != nil || errB != nil || one == other {
			t.Skip()
		}
		a, b = strings.ToLower(a+".json"), strings.ToLower(b+".json")
		if a == b {
			t.Fatalf("%q and %q are both written %q", one, other, a)
		}
		if strings.HasPrefix(b, a+"/") {
			t.Fatalf("the record of %q is a folder of that of %q", one, other)
		}
	})
}

func FuzzUnescapeName(f *testing.F) {
	for _, seed := range []string{"express", "@babel/core", "!j!s!o!n", "!=con", "a=20b", "a!.json", "=", "!"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		name, err := UnescapeName(path)
		if err != nil {
			return
		}
		if again, err := EscapeName(name); err != nil || again != path {
			t.Errorf("%q is read %q and written %q, %v", path, name, again, err)
		}
	})
}
