package modgraph

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// generate returns a random universe: some modules at some versions that require
// each other, with every kind of line that changes a graph.
func generate(t testing.TB, seed uint64) universe {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	mains := []string{"m"}
	if r.IntN(3) == 0 {
		mains = []string{"m", "n"}
		b.WriteString("work " + pick(r, "1.22.3", "1.23", "1.24.1") + "\n")
		maybe(r, &b, "  toolchain go1.25.1\n")
	}
	for _, main := range mains {
		fmt.Fprintf(&b, "main %s %s:%s\n", main, pick(r, "-", "1.16", "1.17", "1.17", "1.20", "1.21", "1.22.3"), randomRequires(r, true))
		maybe(r, &b, "  exclude "+some(r)+"\n")
		maybe(r, &b, "  replace "+some(r)+" => "+some(r)+"\n")
		maybe(r, &b, "  replace "+some(r)+" => ../fork\n")
		maybe(r, &b, "  toolchain "+pick(r, "default", "go1.25.0")+"\n")
	}
	folder := "../fork"
	if len(mains) > 1 {
		folder = "./fork"
	}
	fmt.Fprintf(&b, "%s %s:%s\n", folder, pick(r, "1.16", "1.17"), randomRequires(r, false))
	for _, name := range append(mains, names...) {
		for _, version := range versions {
			fmt.Fprintf(&b, "%s@%s %s:%s\n", name, version, pick(r, "-", "1.16", "1.17", "1.17", "1.18", "1.21", "1.22.0"), randomRequires(r, false))
		}
	}
	return parseUniverse(t, b.String())
}

var (
	names    = []string{"a", "b", "c", "d", "e", "f", "g"}
	versions = []string{"1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0"}
)

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func some(r *rand.Rand) string { return pick(r, names...) + "@" + pick(r, versions...) }

func maybe(r *rand.Rand, b *strings.Builder, line string) {
	if r.IntN(5) == 0 {
		b.WriteString(line)
	}
}

func randomRequires(r *rand.Rand, marks bool) string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(" " + some(r))
		if marks && r.IntN(3) == 0 {
			b.WriteString("?")
		}
	}
	if r.IntN(12) == 0 {
		b.WriteString(" m@" + pick(r, versions...))
	}
	return b.String()
}
