package crate

import "testing"

// BenchmarkCompare orders pairs of versions that differ early, late, in build
// metadata and not at all.
func BenchmarkCompare(b *testing.B) {
	pairs := [][2]string{{"1.2.3", "2.0.0"}, {"0.12.20", "0.12.9"}, {"1.0.0-rc.1", "1.0.0"}, {"0.9.0+1", "0.9.0+2"}, {"1.0.0", "1.0.0"}}
	b.ReportAllocs()
	for b.Loop() {
		sum := 0
		for _, pair := range pairs {
			sum += Compare(pair[0], pair[1])
		}
		if sum != -2 {
			b.Fatal(sum)
		}
	}
}
