package solve

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// synthetic is a universe of n packages with versions of ten minor releases each.
// A package needs some of those after it, by a lower bound and often an upper one;
// every fifth lags behind what the others want and causes conflicts.
func synthetic(n int) *universe {
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	fmt.Fprint(&b, "roots: p0, p1, p2, p3, p4\n")
	for i := range n {
		for v := 1; v <= 10; v++ {
			fmt.Fprintf(&b, "p%d %d: ", i, v)
			for k := range random.IntN(6) {
				target := i + 1 + random.IntN(40)
				if target >= n {
					break
				}
				if k > 0 {
					fmt.Fprint(&b, ", ")
				}
				fmt.Fprintf(&b, "p%d >=%d", target, max(1, v-4))
				if (target+i)%25 == 0 {
					fmt.Fprintf(&b, " <%d", max(2, v-1))
				}
			}
			fmt.Fprintln(&b)
		}
	}
	u, err := parseUniverse(b.String())
	if err != nil {
		panic(err)
	}
	return u
}

func BenchmarkResolve(b *testing.B) {
	u := synthetic(3000)
	s, err := Resolve(context.Background(), u.in, u)
	b.Logf("%d packages, %+v, %v", len(s.Packages), s.Stats, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Resolve(context.Background(), u.in, u); err != nil {
			b.Fatal(err)
		}
	}
}
