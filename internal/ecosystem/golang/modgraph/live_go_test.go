//go:build live

package modgraph

import (
	"flag"
	"fmt"
	"testing"
)

// TestUniversesAsGo compares the universes of testdata with the go command.
func TestUniversesAsGo(t *testing.T) {
	for name, u := range universes(t) {
		t.Run(name, func(t *testing.T) {
			if name == "too_new" {
				t.Skip("an error of the go command only")
			}
			p := lay(t, u)
			p.serve(t)
			p.compare(t)
		})
	}
}

var generated = flag.Uint64("generated", 150, "how many random universes to compare with the go command")

// TestGeneratedAsGo compares random universes with the go command.
func TestGeneratedAsGo(t *testing.T) {
	for seed := range *generated {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := lay(t, generate(t, seed))
			p.serve(t)
			p.compare(t)
			if t.Failed() {
				t.Logf("%v\n%v", p.main, p.work)
			}
		})
	}
}
