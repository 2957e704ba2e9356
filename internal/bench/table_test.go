package main

import (
	"strings"
	"testing"
	"time"
)

func seconds(all ...float64) []usage {
	var runs []usage
	for i, s := range all {
		wall := time.Duration(s * float64(time.Second))
		runs = append(runs, usage{wall: wall, cpu: wall / 2, memory: int64(i+1) << 20, requests: int64(i) - 1})
	}
	return runs
}

func TestStatistics(t *testing.T) {
	for name, tt := range map[string]struct {
		runs                     []usage
		least, median, most, cpu float64
		memory                   int64
	}{
		"none":  {},
		"one":   {seconds(2), 2, 2, 2, 1, 1 << 20},
		"even":  {seconds(4, 1), 1, 2.5, 4, 1.25, 2 << 20},
		"odd":   {seconds(9, 1, 2), 1, 2, 9, 2, 3 << 20},
		"equal": {seconds(3, 3, 3, 3), 3, 3, 3, 1.5, 4 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			r := row{runs: tt.runs}
			least, median, most := r.wall()
			if least != tt.least || median != tt.median || most != tt.most {
				t.Errorf("got %v %v %v, want %v %v %v", least, median, most, tt.least, tt.median, tt.most)
			}
			if r.cpu() != tt.cpu || r.memory() != tt.memory {
				t.Errorf("got %v s and %v bytes, want %v and %v", r.cpu(), r.memory(), tt.cpu, tt.memory)
			}
		})
	}
}

func TestTable(t *testing.T) {
	var all table
	for _, one := range []struct {
		group group
		name  string
		wall  float64
	}{
		{floorMetadata, "documents", 1},
		{floorArtifacts, "files", 3},
		{cold, "mirror", 8},
		{cold, "mirror", 8},
		{checking, "verify", 2},
		{sums, "sums", 1},
		{nativeFetching, "native", 16},
		{resolving, "resolve", 2},
		{nativeResolving, "lock", 4},
	} {
		all.add(one.group, one.name, seconds(one.wall)[0])
	}
	const want = `
min s median s max s cpu s MB requests ÷ floor ÷ native
documents 1.000 1.000 1.000 0.50 1 - 0.25 0.06
files 3.000 3.000 3.000 1.50 1 - 0.75 0.19
mirror 8.000 8.000 8.000 4.00 1 - 2.00 0.50
verify 2.000 2.000 2.000 1.00 1 - 2.00 -
sums 1.000 1.000 1.000 0.50 1 - - -
native 16.000 16.000 16.000 8.00 1 - 4.00 1.00
resolve 2.000 2.000 2.000 1.00 1 - 2.00 0.50
lock 4.000 4.000 4.000 2.00 1 - 4.00 1.00
`
	if got := text(t, &all); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Without a client, and without a floor, there is nothing to compare with.
func TestTableWithoutReferences(t *testing.T) {
	all := table{title: "title"}
	all.add(cold, "mirror", usage{wall: 2 * time.Second, requests: 3})
	const want = "\ntitle\nmin s median s max s cpu s MB requests ÷ floor ÷ native\nmirror 2.000 2.000 2.000 0.00 0 3 - -\n"
	if got := text(t, &all); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestRequests(t *testing.T) {
	for name, tt := range map[string]struct {
		runs []usage
		want int64
	}{
		"none":    {nil, -1},
		"unknown": {seconds(1), -1},
		"most":    {seconds(1, 1, 1, 1), 2},
	} {
		if got := (&row{runs: tt.runs}).requests(); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

// text is a table with single spaces.
func text(t *testing.T, all *table) string {
	t.Helper()
	var b strings.Builder
	if err := all.write(&b); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for line := range strings.Lines("\n" + b.String()) {
		lines.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return lines.String()
}
