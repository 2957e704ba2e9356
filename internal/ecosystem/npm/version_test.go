package npm

import (
	"cmp"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	ascending := []string{
		"", "latest", "x", // what is no version comes first, as texts
		"0.0.1", "1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0rc.2",
		"1.0.0", "1.0.0+a", "1.0.0+b", "v1.0.0", "1.9.0", "v1.10.0", "2.0.0", "10.0.0",
	}
	for i, a := range ascending {
		for j, b := range ascending {
			if got, want := Compare(a, b), cmp.Compare(i, j); (got < 0) != (want < 0) || (got > 0) != (want > 0) {
				t.Errorf("Compare(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestValidVersion(t *testing.T) {
	for text, want := range map[string]bool{
		"1.0.0": true, "v1.0.0": true, "1.0.0beta": true, "1.0.0-rc.1+build.5": true, "1": true, "0.0.0-2024_01~x": true, strings.Repeat("1", 256): true,
		"": false, "v": false, "latest": false, "vnext": false, "-1": false, ".1": false, "1/2": false, "1\\2": false, "1\t": false, "1\x00": false,
		"1<2": false, "1%2f": false, "1é": false, "=1.0.0": false, strings.Repeat("1", 257): false,
	} {
		if got := validVersion(text); got != want {
			t.Errorf("validVersion(%q) = %v", text, got)
		}
	}
}

func TestIsPrerelease(t *testing.T) {
	for text, want := range map[string]bool{"1.0.0": false, "v1.0.0": false, "1.0.0+a-b": false, "1.0.0-0": true, "1.0.0beta": true, "1": false} {
		if got := isPrerelease(text); got != want {
			t.Errorf("isPrerelease(%q) = %v", text, got)
		}
	}
}
