package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// group is what a row is compared with.
type group int

const (
	floorMetadata   group = iota
	floorArtifacts        // against both floors
	cold                  // against both floors and nativeFetching
	variant               // likewise
	warm                  // likewise
	nativeFetching        // against both floors
	nativeOther           // against both floors and nativeFetching
	checking              // against sums
	sums                  // against nothing
	resolving             // against the floor of metadata and nativeResolving
	nativeResolving       // against the floor of metadata
	starting              // against nothing
)

// row is one line of the table.
type row struct {
	group group
	name  string
	runs  []usage
}

// table has the rows in the order in which they were first measured.
type table struct {
	title string // may be empty
	rows  []*row
}

func (t *table) add(g group, name string, used usage) {
	at := slices.IndexFunc(t.rows, func(r *row) bool { return r.name == name })
	if at < 0 {
		at = len(t.rows)
		t.rows = append(t.rows, &row{group: g, name: name})
	}
	t.rows[at].runs = append(t.rows[at].runs, used)
}

// wall returns the shortest, the median and the longest time in seconds.
func (r *row) wall() (least, median, most float64) {
	var all []float64
	for _, run := range r.runs {
		all = append(all, run.wall.Seconds())
	}
	if len(all) == 0 {
		return 0, 0, 0
	}
	slices.Sort(all)
	return all[0], (all[(len(all)-1)/2] + all[len(all)/2]) / 2, all[len(all)-1]
}

// cpu is the mean of processor seconds.
func (r *row) cpu() float64 {
	var sum time.Duration
	for _, run := range r.runs {
		sum += run.cpu
	}
	return sum.Seconds() / float64(max(len(r.runs), 1))
}

// memory is the most of any run, in bytes.
func (r *row) memory() int64 {
	var most int64
	for _, run := range r.runs {
		most = max(most, run.memory)
	}
	return most
}

// requests is the most of any run, -1 when it is not known.
func (r *row) requests() int64 {
	most := int64(-1)
	for _, run := range r.runs {
		most = max(most, run.requests)
	}
	return most
}

// of returns the rows of a group.
func (t *table) of(g group) []*row {
	var rows []*row
	for _, r := range t.rows {
		if r.group == g {
			rows = append(rows, r)
		}
	}
	return rows
}

// median is that of all rows of some groups together; 0 without one.
func (t *table) median(groups ...group) float64 {
	var sum float64
	for _, g := range groups {
		for _, r := range t.of(g) {
			_, middle, _ := r.wall()
			sum += middle
		}
	}
	return sum
}

// references are the seconds that a row is compared with: of the floor, and of
// the native client. 0 is no comparison.
func (t *table) references(g group) (floor, native float64) {
	switch g {
	case resolving, nativeResolving:
		return t.median(floorMetadata), t.median(nativeResolving)
	case checking:
		return t.median(sums), 0
	case sums, starting:
		return 0, 0
	}
	return t.median(floorMetadata, floorArtifacts), t.median(nativeFetching)
}

func ratio(seconds, reference float64) string {
	if reference <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", seconds/reference)
}

// write writes seconds, processor seconds, memory, requests, and the ratio to the
// floor and to the native client.
func (t *table) write(w io.Writer) error {
	if t.title != "" {
		fmt.Fprintln(w, t.title)
	}
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "\tmin s\tmedian s\tmax s\tcpu s\tMB\trequests\t÷ floor\t÷ native\t")
	for _, r := range t.rows {
		least, median, most := r.wall()
		floor, native := t.references(r.group)
		fmt.Fprintf(out, "%s\t%.3f\t%.3f\t%.3f\t%.2f\t%d\t%s\t%s\t%s\t\n",
			r.name, least, median, most, r.cpu(), r.memory()>>20, count(r.requests()), ratio(median, floor), ratio(median, native))
	}
	return out.Flush()
}

func count(n int64) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
