package npm

import "testing"

// BenchmarkCompare orders pairs of versions that differ early, late and not at all.
func BenchmarkCompare(b *testing.B) {
	pairs := [][2]string{{"1.2.3", "2.0.0"}, {"4.17.20", "4.17.21"}, {"5.0.0-beta.10", "5.0.0-beta.9"}, {"1.0.0", "1.0.0"}}
	b.ReportAllocs()
	for b.Loop() {
		sum := 0
		for _, pair := range pairs {
			sum += Compare(pair[0], pair[1])
		}
		if sum != -1 {
			b.Fatal(sum)
		}
	}
}
