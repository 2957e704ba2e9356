package upstream

import (
	"path"
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	for name, test := range map[string]struct {
		pattern, matches, not string // names, separated by blanks
	}{
		"exact":                 {"lib", "lib", "Lib libs li @a/lib"},
		"scope":                 {"@acme/*", "@acme/a @acme/a/b @acme/", "@acme @acmes/a x@acme/a"},
		"everything":            {"*", "a @a/b x/y/z", ""},
		"star crosses slashes":  {"com*lib", "com/x/lib comlib", "com/x/libs"},
		"one character":         {"a?c", "abc a/c aéc", "ac abbc"},
		"class":                 {"v[0-9a]", "v1 va", "vb v v11"},
		"negated class":         {"v[^0-9]", "va v^", "v1"},
		"special in expression": {"a.b+(c)", "a.b+(c)", "aXb+(c) a.bb(c)"},
		"class of specials":     {"[&^\\[]x", "&x ^x [x", "ax"},
		"escaped star":          {`a\*`, "a*", "ab a"},
		"escaped bracket":       {`\[a]`, "[a]", "a"},
		"multibyte":             {"é*", "é éa", "ea"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParsePattern(test.pattern)
			if err != nil {
				t.Fatal(err)
			}
			for s := range strings.FieldsSeq(test.matches) {
				if !p.Match(s) {
					t.Errorf("%s does not match %s", p, s)
				}
			}
			for s := range strings.FieldsSeq(test.not) {
				if p.Match(s) {
					t.Errorf("%s matches %s", p, s)
				}
			}
		})
	}
}

func TestBadPattern(t *testing.T) {
	for pattern, want := range map[string]string{
		"":                       "the pattern is empty",
		"[a":                     `pattern "[a": no ] closes the [; write \[ for the character itself`,
		"[]":                     `pattern "[]": the class [] is empty`,
		"[^]":                    `pattern "[^]": the class [] is empty`,
		`a\`:                     "pattern \"a\\\\\": nothing follows the last \\",
		"[z-a]":                  `pattern "[z-a]": not a pattern; a class must be written as [abc] or [a-z]`,
		"a\x83":                  "the pattern is not UTF-8 text",
		strings.Repeat("a", 600): "the pattern is longer than 512 bytes",
	} {
		if _, err := ParsePattern(pattern); err == nil || err.Error() != want {
			t.Errorf("%q: %v", pattern, err)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("@acme/*", "@acme/x")
	f.Add("[a-z]?\\*", "ax*")
	f.Add("[^\\]x", "ax")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if strings.ToValidUTF8(pattern+name, "") != pattern+name {
			return
		}
		p, err := ParsePattern(pattern)
		if err != nil {
			return
		}
		// Without classes, slashes and broken text, the two mean the same.
		if strings.ContainsAny(pattern+name, "[/") {
			return
		}
		if want, err := path.Match(pattern, name); err == nil && want != p.Match(name) {
			t.Errorf("%q on %q: path.Match says %v", pattern, name, want)
		}
	})
}
