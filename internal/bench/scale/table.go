package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// oneMore is the step whose cost must not grow.
const oneMore = "one more release"

// row is one step at one size.
type row struct {
	ecosystem string
	releases  int
	step      string
	used      usage
	written   written
	sizes     sizes
}

type table struct{ rows []row }

func (t *table) add(r row) { t.rows = append(t.rows, r) }

// write writes all rows, and for each ecosystem what one more release costs in
// the largest feed, compared with the smallest.
func (t *table) write(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "\treleases\tstep\twall s\tcpu s\tMB\tfiles\tbytes\tfeed.json\troot documents\t")
	for _, r := range t.rows {
		fmt.Fprintf(out, "%s\t%d\t%s\t%.2f\t%.2f\t%d\t%d\t%d\t%d\t%d\t\n", r.ecosystem, r.releases, r.step,
			r.used.wall.Seconds(), r.used.cpu.Seconds(), r.used.memory>>20, r.written.files, r.written.bytes, r.sizes.manifest, r.sizes.root)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, text := range t.ratios() {
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

// ratios compares one more release into the largest feed of an ecosystem with one
// into the smallest.
func (t *table) ratios() []string {
	var texts []string
	for _, r := range t.rows {
		large := slices.IndexFunc(t.rows, func(o row) bool { return o.ecosystem == r.ecosystem && o.step == oneMore && o.releases > r.releases })
		if r.step != oneMore || r.releases != t.smallest(r.ecosystem) || large < 0 {
			continue
		}
		for i, o := range t.rows {
			if o.ecosystem == r.ecosystem && o.step == oneMore && o.releases > t.rows[large].releases {
				large = i
			}
		}
		l := t.rows[large]
		texts = append(texts, fmt.Sprintf("%s: %s into %d ÷ into %d: wall %.2f, cpu %.2f, bytes %.2f", r.ecosystem, oneMore, l.releases, r.releases,
			l.used.wall.Seconds()/r.used.wall.Seconds(), l.used.cpu.Seconds()/r.used.cpu.Seconds(), float64(l.written.bytes)/float64(r.written.bytes)))
	}
	return texts
}

func (t *table) smallest(ecosystem string) int {
	least := 0
	for _, r := range t.rows {
		if r.ecosystem == ecosystem && (least == 0 || r.releases < least) {
			least = r.releases
		}
	}
	return least
}
