package solve

import "testing"

// BenchmarkResolve resolves 6 layers of 16 crates with three releases each, every
// crate using all of the next layer, from memory.
func BenchmarkResolve(b *testing.B) {
	w, crates := layered(b, 6, 16)
	b.ReportAllocs()
	for b.Loop() {
		result, err := Resolve(b.Context(), w.input, w.ask)
		if err != nil {
			b.Fatal(err)
		}
		if len(result.Packages) < crates {
			b.Fatal(len(result.Packages))
		}
	}
}

// BenchmarkRequirement reads a requirement and matches a version.
func BenchmarkRequirement(b *testing.B) {
	version, ok := parseVersion("1.38.4")
	if !ok {
		b.Fatal("no version")
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := parseRequirement(">=1.21.0, <2")
		if err != nil || !r.matches(&version) {
			b.Fatal(err)
		}
	}
}
