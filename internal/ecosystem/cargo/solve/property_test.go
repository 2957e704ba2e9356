package solve

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawWorld makes a small universe in which everything that decides occurs.
func drawWorld(t *rapid.T) string {
	crates := []string{"a", "b", "c", "d", "e", "f"}[:rapid.IntRange(2, 6).Draw(t, "crates")]
	var b strings.Builder
	b.WriteString("app 0.1.0 member source=app\n")
	drawDeps(t, &b, crates, rapid.IntRange(1, 4).Draw(t, "roots"), true)
	versions := []string{"0.0.1", "0.1.0", "0.1.1", "0.2.0", "1.0.0", "1.0.0+b", "1.1.0-x", "1.1.0", "2.0.0", "2.0.1", "3.0.0"}
	for _, crate := range crates {
		for _, version := range versions {
			if rapid.IntRange(0, 3).Draw(t, "exists") == 0 {
				continue
			}
			fmt.Fprintf(&b, "%s %s%s\n", crate, version, drawWords(t))
			drawDeps(t, &b, crates, rapid.IntRange(0, 3).Draw(t, "deps"), false)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "fallback") == 0 {
		b.WriteString("! rust 1.62 1.70\n")
	}
	return b.String()
}

func drawWords(t *rapid.T) string {
	words := ""
	switch rapid.IntRange(0, 12).Draw(t, "word") {
	case 0:
		words = " yanked"
	case 1, 2:
		words = " links=" + rapid.SampledFrom([]string{"y", "z"}).Draw(t, "links")
	case 3, 4:
		words = " rust=1." + rapid.SampledFrom([]string{"60", "65", "75"}).Draw(t, "rust")
	}
	return words
}

var requirements = []string{"*", "^1", "^0.1", "=1.0.0", "<=1.1.0", "<2", ">=0.1,_<2", ">=1,_<3", ">=1", "<1", "~1.0", "2", "^1.1.0-x", "=0.1.0", "9"}

func drawDeps(t *rapid.T, b *strings.Builder, crates []string, count int, member bool) {
	var keys, optional []string
	for range count {
		crate := rapid.SampledFrom(crates).Draw(t, "crate")
		words := ""
		key := crate
		if slices.Contains(keys, key) {
			key += "2"
			words = " alias=" + key
		}
		if slices.Contains(keys, key) {
			continue
		}
		keys = append(keys, key)
		if rapid.IntRange(0, 2).Draw(t, "with") == 0 {
			words += " features=" + rapid.SampledFrom([]string{"x", "y", "x,y"}).Draw(t, "features")
		}
		switch rapid.IntRange(0, 6).Draw(t, "how") {
		case 0, 1:
			words += " optional"
			optional = append(optional, key)
		case 2:
			words += " nodefault"
		case 3:
			words += " " + rapid.SampledFrom([]string{"build", "dev"}).Draw(t, "kind")
		}
		fmt.Fprintf(b, "  > %s %s%s\n", crate, rapid.SampledFrom(requirements).Draw(t, "req"), words)
	}
	drawFeatures(t, b, keys, optional, member)
}

func drawFeatures(t *rapid.T, b *strings.Builder, keys, optional []string, member bool) {
	choices := []string{""}
	for _, key := range keys {
		choices = append(choices, key+"/x", key+"/y")
	}
	for _, key := range optional {
		choices = append(choices, key+"?/x", key, key+"?/y")
	}
	word := func() string { return rapid.SampledFrom(choices).Draw(t, "value") }
	if member {
		fmt.Fprintf(b, "  @ m = %s %s\n", word(), word())
		return
	}
	if rapid.IntRange(0, 9).Draw(t, "has x") < 9 {
		fmt.Fprintf(b, "  @ x = %s %s\n", word(), word())
	}
	if rapid.IntRange(0, 9).Draw(t, "has y") < 9 {
		fmt.Fprintf(b, "  @ y = %s\n", word())
		if rapid.Bool().Draw(t, "has default") {
			fmt.Fprintf(b, "  @ default = y %s\n", word())
		}
	}
}

// TestFirstSolution compares with a search that prunes nothing.
func TestFirstSolution(t *testing.T) {
	solved, refused, failed := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text := drawWorld(t)
		w, err := parseWorld(text)
		if err != nil {
			t.Fatal(err)
		}
		n := &naive{world: w}
		want, err := n.solve()
		if errors.Is(err, errTooLong) {
			t.Skip()
		}
		result, err := Resolve(t.Context(), w.input, w.ask)
		var conflict *Conflict
		var cycle *CycleError
		switch {
		case errors.As(err, &cycle):
			if want == nil {
				t.Fatalf("%s\nno solution, and %v", text, err)
			}
			return
		case err == nil:
			solved++
		case errors.As(err, &conflict):
			refused++
			if len(conflict.Error()) > 10_000 {
				t.Fatalf("endless explanation:\n%s", text)
			}
		default:
			t.Fatal(err)
		}
		if result.Stats.Failures > 0 {
			failed++
		}
		var got []string
		for _, p := range result.Packages {
			got = append(got, p.Name+" "+p.Version.Version+" "+strings.Join(p.Features, ","))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%s\nwant %q\ngot  %q\n%v", text, want, got, err)
		}
		if err == nil {
			if problem := w.check(result); problem != "" {
				t.Fatalf("%s\n%s", text, problem)
			}
		}
	})
	t.Logf("solved %d (%d after failures), refused %d", solved, failed, refused)
}
