package main

import (
	"fmt"
	"time"
)

// goal is a figure to be reached.
type goal struct {
	measure string
	reach   string
	got     string
	met     bool
}

// mostStartup is how long a program may take to say its version.
const mostStartup = 15 * time.Millisecond

// goals compares what was measured with what is to be reached. The tables are
// those without and with an added delay; the second one may be missing.
func (r reach) goals(tables []*table) []goal {
	t := tables[0]
	floor, native := t.references(cold)
	middle := t.median(cold)
	var all []goal
	add := func(measure string, most, got, unit float64, format string) {
		if most > 0 && got > 0 {
			all = append(all, goal{measure, "≤ " + fmt.Sprintf(format, most/unit), fmt.Sprintf(format, got/unit), got <= most})
		}
	}
	share := func(measure string, most, got, reference float64) {
		if reference > 0 {
			add(measure, most, got/reference, 1, "%.2f")
		}
	}
	share("cold ÷ floor of curl", r.floor, middle, floor)
	if clients := t.of(nativeFetching); len(clients) > 0 {
		share("cold ÷ "+clients[0].name, r.native, middle, native)
	}
	add("warm", r.warm, t.median(warm), 0.001, "%.0f ms")
	if rows := t.of(warm); len(rows) > 0 && rows[0].requests() >= 0 {
		got := fmt.Sprintf("%d requests, 0 files touched", rows[0].requests())
		all = append(all, goal{"warm", "0 requests, 0 files touched", got, rows[0].requests() == 0})
	}
	share("verify ÷ sha256sum", r.verify, t.median(checking), t.median(sums))
	if rows := t.of(cold); len(rows) > 0 {
		add("resident memory, cold", float64(r.memory), float64(rows[0].memory()), 1<<20, "%.0f MB")
	}
	if len(tables) > 1 {
		share("cold with the delay ÷ cold without", r.latency, tables[1].median(cold), middle)
	}
	add("feedctl version", mostStartup.Seconds(), t.median(starting), 0.001, "%.1f ms")
	return all
}

func (g goal) verdict() string {
	if g.met {
		return "met"
	}
	return "**not met**"
}
