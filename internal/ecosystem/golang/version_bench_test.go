package golang

import "testing"

// BenchmarkCompare orders pairs of versions that differ early, late, in the
// pre-release, as pseudo-versions and not at all.
func BenchmarkCompare(b *testing.B) {
	pairs := [][2]string{
		{"v1.2.3", "v2.0.0+incompatible"},
		{"v0.34.0", "v0.34.1"},
		{"v1.0.0-rc.1", "v1.0.0"},
		{"v0.0.0-20250604170112-4c0f3b243397", "v0.0.0-20240604170112-4c0f3b243397"},
		{"v1.0.0", "v1.0.0"},
	}
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
