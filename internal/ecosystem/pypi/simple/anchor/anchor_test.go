package anchor

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tags describes what a Scanner reports.
func tags(page string) []string {
	names := map[Kind]string{A: "a", Base: "base", Meta: "meta", Title: "title", Form: "form"}
	var all []string
	s := New([]byte(page))
	for s.Next() {
		line := names[s.Kind()]
		for _, one := range s.attributes {
			line += fmt.Sprintf(" %s=%q", one.name, Unescape(one.value))
		}
		if s.Kind() == Title {
			line += " " + string(s.Text())
		}
		all = append(all, line)
	}
	return all
}

func TestScanner(t *testing.T) {
	for _, row := range []struct {
		what, page string
		want       []string
	}{
		{"quotes", `<a href="x" b='y"' c=z d>`, []string{`a href="x" b="y\"" c="z" d=""`}},
		{"blanks", "<a\n href\t=\r\n \"x\" / b = y />", []string{`a href="x" b="y"`}},
		{"case", `<A HREF=x>`, []string{`a HREF="x"`}},
		{"unquoted with slashes", `<a href=/x/y.whl#a=b>`, []string{`a href="/x/y.whl#a=b"`}},
		{"other elements", `<p><b>x</b><abbr a=b><br/><a x>`, []string{`a x=""`}},
		{"quoted >", `<p x="<a y>"><a z=">">`, []string{`a z=">"`}},
		{"comments", `<!-- <a x> --><!--><a y><!-- -- > --!><a z>`, []string{`a y=""`, `a z=""`}},
		{"a comment without end", `<a x><!-- <a y>`, []string{`a x=""`}},
		{"declarations", `<!DOCTYPE html><?xml <a x>?><![CDATA[<a y>]]><a z>`, []string{`a z=""`}},
		{"end tags", `</a x="<a y>"></ <a y><a z>`, []string{`a z=""`}},
		{"script and style", `<script>"<a x>"</script ><STYLE><a x></sty></style><a y>`, []string{`a y=""`}},
		{"script without end", `<script><a x>`, nil},
		{"title", `<title> Links &amp; <a x> </title><a y>`, []string{`title Links &amp; <a x>`, `a y=""`}},
		{"others", `<base href="/"><meta name=n content=c><form>`, []string{`base href="/"`, `meta name="n" content="c"`, `form`}},
		{"cut in a tag", `<a x="1"><a x="`, []string{`a x="1"`}},
		{"no tags", `a < b <1> <`, nil},
		{"nothing", ``, nil},
	} {
		if diff := cmp.Diff(row.want, tags(row.page)); diff != "" {
			t.Errorf("%s, -want +got:\n%s", row.what, diff)
		}
	}
}

func TestValue(t *testing.T) {
	s := New([]byte(`<a data-yanked href="1" HREF="2" x="&gt;">`))
	if !s.Next() {
		t.Fatal("no tag")
	}
	for name, want := range map[string]string{"href": "1 true", "data-yanked": " true", "x": "> true", "y": " false"} {
		if value, ok := s.Value(name); fmt.Sprintf("%s %t", value, ok) != want {
			t.Errorf("%s: %q %v", name, value, ok)
		}
	}
	many := New([]byte("<a " + strings.Repeat("x=1 ", 10*maxAttributes) + ">"))
	if !many.Next() || len(many.attributes) != maxAttributes {
		t.Errorf("%d attributes", len(many.attributes))
	}
}

func TestUnescape(t *testing.T) {
	for text, want := range map[string]string{
		"a&amp;b":          "a&b",
		"&gt;=3.8":         ">=3.8",
		"a?x=1&copy=2":     "a?x=1&copy=2",
		"&copy 2":          "© 2",
		"&notit;":          "&notit;",
		"&notin;":          "∉",
		"&#62;&#x3E;&#X3e": ">>>",
		"&#;&#x;&":         "&#;&#x;&",
		"&unknown;":        "&unknown;",
		"a\r\nb\rc":        "a\nb\nc",
		"&semi;":           ";",
	} {
		if got := Unescape([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, page := range []string{`<a href="x&amp;y">t</a>`, `<!-- x --><script></script><title>`, `<a b='`, `</`, `<a/=>`} {
		f.Add([]byte(page))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		s := New(page)
		for n := 0; s.Next(); n++ {
			if n > len(page) {
				t.Fatal("more tags than bytes")
			}
			s.Value("href")
			s.Text()
		}
	})
}
