package tree

import (
	"slices"
	"strings"
	"testing"
)

func TestParseSpec(t *testing.T) {
	for _, row := range []struct{ text, name, pkg, wanted, kind string }{
		{"express", "express", "express", "*", "range"},
		{"express@", "express", "express", "*", "range"},
		{"express@^4", "express", "express", "^4", "range"},
		{"express@4.18.2", "express", "express", "4.18.2", "version"},
		{"express@v4.18.2", "express", "express", "v4.18.2", "version"},
		{"express@1.0.0beta", "express", "express", "1.0.0beta", "version"},
		{"express@latest", "express", "express", "latest", "tag"},
		{"@s/n", "@s/n", "@s/n", "*", "range"},
		{"@s/n@next", "@s/n", "@s/n", "next", "tag"},
		{"@s/n@>=1 <2 || 3", "@s/n", "@s/n", ">=1 <2 || 3", "range"},
		{"a@npm:@s/n@^2", "a", "@s/n", "^2", "alias"},
		{"a@npm:b", "a", "b", "*", "alias"},
		{"a@NPM:b@beta", "a", "b", "beta", "alias"},
		{"JSONStream@1", "JSONStream", "JSONStream", "1", "range"},
		{"a@user/project", "a", "a", "", "git"},
		{"a@user/project#v1", "a", "a", "", "git"},
		{"a@github:user/project", "a", "a", "", "git"},
		{"a@git+ssh://git@example.test/x.git", "a", "a", "", "git"},
		{"a@git@example.test:user/x.git", "a", "a", "", "git"},
		{"a@https://github.com/user/project", "a", "a", "", "git"},
		{"a@https://example.test/x.tgz", "a", "a", "", "url"},
		{"a@file:../x", "a", "a", "", "file"},
		{"a@./x", "a", "a", "", "file"},
		{"a@~/x", "a", "a", "", "file"},
		{"a@x.tgz", "a", "a", "", "file"},
		{"a@link:../x", "a", "a", "", "link"},
		{"a@workspace:^", "a", "a", "", "workspace"},
		{"a@patch:b@1#x", "a", "a", "", "patch"},
		{"a@portal:../x", "a", "a", "", "portal"},
		{"a@catalog:", "a", "a", "", "catalog"},
	} {
		t.Run(row.text, func(t *testing.T) {
			spec, err := ParseSpec(row.text)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{spec.Name, spec.Package(), spec.Wanted(), spec.Type.String()}
			if want := []string{row.name, row.pkg, row.wanted, row.kind}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestParseSpecRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "only a scope": "@s", "path": "../x", "url": "https://example.test/x.tgz", "dot": ".hidden", "dash": "-g",
		"node_modules": "node_modules", "space": "a b", "tag with space": "a@no such", "alias of an alias": "a@npm:b@npm:c",
		"alias of a repository": "a@npm:b@user/x", "alias without a name": "a@npm:", "unknown protocol": "a@jsr:b",
		"up in a scope": "@s/..", "slash in name": "@s/a/b",
	} {
		t.Run(name, func(t *testing.T) {
			if spec, err := ParseSpec(text); err == nil {
				t.Errorf("%q was read as %v (%s)", text, spec, spec.Type)
			}
		})
	}
}

func TestSatisfies(t *testing.T) {
	for _, row := range []struct {
		version, text string
		want          bool
	}{
		{"1.2.3", "^1", true},
		{"2.0.0", "^1", false},
		{"1.2.3-beta", "^1", false},
		{"1.2.3-beta", "^1.2.3-alpha", true},
		{"1.2.3", ">=1.0.0 nonsense", true},
		{"2.0.0", ">=1.0.0, <2", false},
		{"0.5.0", ">=1.0.0, <2", true}, // npm drops what it cannot read, here ">=1.0.0,"
		{"1.0.0", "1 || nonsense", true},
		{"3.0.0", "1 || ", true},
		{"1.0.0", "==1.0.0", true},
		{"1.0.0", "nonsense", false},
		{"nonsense", "*", false},
		{"1.0.0-beta", "1.0.0beta", true},
		{"1.5.0", "^1.0.0beta", true},
		{"v1.5.0", "1.x", true},
		{"1.0.0-rc.1", "*", false},
	} {
		if got := Satisfies(row.version, row.text); got != row.want {
			t.Errorf("Satisfies(%q, %q) = %v", row.version, row.text, got)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{"nonsense", "0.1.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta", "1.0.0", "1.0.1", "1.10.0", "2.0.0"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := CompareVersions(a, b), compareInts(i, j); got != want {
				t.Errorf("CompareVersions(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
	if CompareVersions("1.0.0+a", "v1.0.0+b") != 0 {
		t.Error("build metadata counts")
	}
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// The order is what node 20 answers for the same list:
// list.sort(new Intl.Collator('en').compare).
func TestCollate(t *testing.T) {
	want := []string{
		"", "_a", "-a", ".a", "@a/b", "/a", "~a", "0", "1a", "a", "A", "a b", "a_b", "a-b", "a.b", "a@b", "a/b", "a1",
		"ab", "aB", "Ab", "AB", "abc", "b", "z", "Z",
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, collate)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func FuzzParseDependency(f *testing.F) {
	for _, text := range []string{"", "^1", "npm:a@1", "1 || 2", "git+ssh://x", "@s/a@npm:b", "\x00", ">=1.0.0 <2, x", "a@b@c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec := ParseDependency("a", text)
		spec.Matches("1.0.0")
		spec.Matches(text)
		if spec.Type == SpecInvalid && spec.Reason == "" {
			t.Errorf("%q is invalid without a reason", text)
		}
		if parsed, err := ParseSpec(text); err == nil && (strings.Contains(parsed.Name, "..") && strings.Contains(parsed.Name, "/..") || strings.Count(parsed.Name, "/") > 1) {
			t.Errorf("%q names the folder %q", text, parsed.Name)
		}
		Satisfies("1.2.3", text)
		CompareVersions(text, "1.0.0")
	})
}
