package tree

import (
	"testing"

	"deps.dev/util/semver"
)

// BenchmarkRange reads ranges as packages have them, and matches versions.
func BenchmarkRange(b *testing.B) {
	ranges := []string{"^1.2.3", "~2.0.1", ">=3 <4", "1.x || >=2.5.0 || 5.0.0 - 7.2.3", "*", ">= 0.8"}
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, text := range ranges {
				if _, err := parseConstraint(text); err != nil {
					b.Fatal(text, err)
				}
			}
		}
	})
	constraint, err := parseConstraint(ranges[3])
	if err != nil {
		b.Fatal(err)
	}
	version, err := semver.NPM.Parse("6.4.1")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("match", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !constraint.MatchVersion(version) {
				b.Fatal("no match")
			}
		}
	})
}
