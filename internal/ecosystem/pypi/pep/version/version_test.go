package version

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseNormalises(t *testing.T) {
	for text, want := range map[string]string{
		"1": "1", "1.0": "1.0", "v1.0": "1.0", "01.002": "1.2", "0!1": "1", "1!1.0": "1!1.0", "1.0.0": "1.0.0",
		"1.0-RC1": "1.0rc1", "1.0c1": "1.0rc1", "1.0.pre.2": "1.0rc2", "1.0preview": "1.0rc0", "1.0_alpha-3": "1.0a3", "1.0beta": "1.0b0",
		"1.0-1": "1.0.post1", "1.0.rev3": "1.0.post3", "1.0r": "1.0.post0", "1.0post-2": "1.0.post2", "1.0a-1": "1.0a1", "1.0a--1": "1.0a0.post1",
		"1.0DEV": "1.0.dev0", "1.0-dev_4": "1.0.dev4", "1.0a1.post2.dev3": "1.0a1.post2.dev3", "1.0a.": "1.0a0", "1.0a.dev": "1.0a0.dev0",
		"1.0+Ubuntu-001_a": "1.0+ubuntu.1.a", "1.0+0": "1.0+0", "99999999999999999999999999.1": "99999999999999999999999999.1",
	} {
		v, err := Parse(text)
		if err != nil || v.String() != want {
			t.Errorf("Parse(%q) = %q, %v; want %q", text, v, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "latest", "x1", "1.", ".1", "1..0", "1.0+", "1.0+a..b", "1.0+a.", "1.0+.a", "1.0+é", "1.0-", "1.0--1", "1 0", "1!", "!1", "1!!1",
		"1.0.post.post", "1.0devdev", "1.0.x", "1.0*", "1.*", "١", "1.0\u212a1", "1.0\u0130", "vv1", "1.0.dev1.post1", "1.0\x00", strings.Repeat("1", MaxLength+1),
	} {
		if v, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %q", text, v)
		} else if len(err.Error()) > 2*MaxLength+100 {
			t.Errorf("Parse of %d bytes: an error of %d bytes", len(text), len(err.Error()))
		}
	}
}

func TestParts(t *testing.T) {
	if v, err := Parse(" 1.0\n"); err != nil || v.String() != "1.0" {
		t.Errorf("blanks around a version: %q, %v", v, err)
	}
	v := MustParse("1!2.0rc1.post3.dev4+Cpu.1")
	if v.Local() != "cpu.1" || v.Public().String() != "1!2.0rc1.post3.dev4" || v.Base().String() != "1!2.0" || v.Epoch() != "1" ||
		strings.Join(v.Release(), " ") != "2 0" || !v.IsPrerelease() || !v.IsPost() || !v.IsDev() {
		t.Errorf("parts of %s: %q %s %s %s %v", v, v.Local(), v.Public(), v.Base(), v.Epoch(), v.Release())
	}
	for text, want := range map[string]bool{"1.0": false, "1.0.post1": false, "1.0+a": false, "1.0a1": true, "1.0.dev1": true, "1.0.post1.dev1": true, "1.0rc1.post1": true} {
		if got := MustParse(text).IsPrerelease(); got != want {
			t.Errorf("%s is a pre-release: %v", text, got)
		}
	}
	if !(Version{}).IsZero() || !(Version{}).Less(MustParse("0.dev0")) || (Version{}).String() != "" || (Version{}).Local() != "" {
		t.Error("the zero Version is not before all others")
	}
}

func TestCompareNumbersOfEveryLength(t *testing.T) {
	last := Version{}
	for length := 1; length <= 200; length++ {
		for _, digits := range []string{"1" + strings.Repeat("0", length-1), strings.Repeat("9", length)} {
			v := MustParse(digits)
			if !last.Less(v) {
				t.Fatalf("%s is not less than %s", last, v)
			}
			last = v
		}
	}
}

func TestNormalFormIsStable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := localText().Draw(t, "version")
		v, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		w, err := Parse(v.String())
		if err != nil || w != v {
			t.Fatalf("%q reads as %q, and that as %q, %v", text, v, w, err)
		}
		if upper, err := Parse(strings.ToUpper(text)); err != nil || upper != v {
			t.Fatalf("%q in upper case reads as %q, %v", text, upper, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1.0", "1!2.0rc1.post3.dev4+cpu.1", "v1.0-RC.1", "1.0-1", "1.0+", "99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		if err != nil {
			return
		}
		if w, err := Parse(v.String()); err != nil || w != v {
			t.Fatalf("%q reads as %q, and that as %q, %v", text, v, w, err)
		}
		if v.Public().Compare(v) > 0 || v.key < first || v.key >= top {
			t.Fatalf("%q has a wrong place in the order", v)
		}
	})
}
