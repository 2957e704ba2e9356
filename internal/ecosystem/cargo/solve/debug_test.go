//go:build live

package solve

import (
	"fmt"
	"github.com/rogpeppe/go-internal/txtar"
	"os"
	"sort"
	"testing"
)

var dbg = map[string]int{}

func TestDebug(t *testing.T) {
	l, rustc := newLive(t), rustcVersion(t)
	a, _ := txtar.ParseFile("testdata/live/" + os.Getenv("CASE") + ".txtar")
	p := newProject(t, a, rustc)
	p.input.Limit = 60000
	debug = func(d *demand, lits []*literal) {
		dbg[fmt.Sprintf("%s %s %q (%d lits, %d nogoods)", d.crate.id.Name, d.req, d.request.key, len(lits), len(d.nogoods)/50*50)]++
	}
	old := debug
	debug = func(d *demand, lits []*literal) {
		old(d, lits)
		if d.crate.id.Name == os.Getenv("SHOW") {
			fmt.Print("NG ", d.crate.id.Name, " ", d.req)
			for _, l := range lits {
				fmt.Print(" ", name(l))
			}
			fmt.Println()
		}
	}
	r, err := Resolve(t.Context(), p.input, l.releases)
	if err != nil {
		fmt.Println(err.Error()[:100])
	}
	fmt.Printf("%+v\n", r.Stats)
	var keys []string
	for k := range dbg {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool { return dbg[keys[i]] > dbg[keys[j]] })
	for _, k := range keys[:min(40, len(keys))] {
		fmt.Println(dbg[k], k)
	}
}


func name(l *literal) string {
	if l.place != nil {
		o := l.place.occupant
		if o == nil { return "place(nil)" }
		return fmt.Sprintf("P:%s %s not in %d@%d", o.crate.id.Name, o.release.Version, len(l.match.candidates), l.since())
	}
	for _, d := range theSpace.demands { if &d.required == l { return fmt.Sprintf("R:%s %s %q@%d", d.crate.id.Name, d.req, d.request.key, l.age) } }
	for _, d := range theSpace.crates { for _, v := range d.versions { if &v.literal == l { return fmt.Sprintf("V:%s %s@%d", d.id.Name, v.release.Version, l.age) } } }
	return "?"
}
