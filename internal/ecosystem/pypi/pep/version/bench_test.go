package version

import "testing"

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"1.26.4", "2024.12.14", "1.0rc1.post2+cu118"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompare(b *testing.B) {
	v, w := MustParse("1.26.4"), MustParse("1.26.5rc1")
	b.ReportAllocs()
	for b.Loop() {
		if v.Compare(w) >= 0 {
			b.Fatal("wrong order")
		}
	}
}

func BenchmarkParseSpecifiers(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseSpecifiers(">=1.21.1,!=1.26.0,<3"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContains(b *testing.B) {
	set, err := ParseSpecifiers(">=1.21.1,!=1.26.0,<3")
	if err != nil {
		b.Fatal(err)
	}
	v := MustParse("1.26.4")
	b.ReportAllocs()
	for b.Loop() {
		if !set.Contains(v, false) {
			b.Fatal("not contained")
		}
	}
}

func BenchmarkIntersect(b *testing.B) {
	x, err := ParseSpecifiers(">=1.21.1,!=1.26.0,<3")
	if err != nil {
		b.Fatal(err)
	}
	y, err := ParseSpecifiers("~=1.25")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if x.Ranges().Intersect(y.Ranges()).IsEmpty() {
			b.Fatal("empty")
		}
	}
}
