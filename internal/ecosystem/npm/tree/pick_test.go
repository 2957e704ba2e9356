package tree

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPick(t *testing.T) {
	const tags = "\ntag a latest 1.1.0\ntag a next 2.0.0-rc.1\ntag a gone 9.9.9"
	const all = "a 1.0.0\na 1.1.0\na 1.2.0: deprecated\na 1.3.0: node >=22\na 2.0.0-rc.1\na 2.0.0: node >=18"
	before := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name, universe, spec string
		options              Options
		want                 string // version, or the code and a word of the reason
	}{
		{"latest within the range", all + tags, "a@^1", Options{}, "1.1.0"},
		{"any range takes latest", all + tags, "a", Options{}, "1.1.0"},
		{"range without latest", all + tags, "a@>=2", Options{}, "2.0.0"},
		{"highest that is fit and not deprecated", all + tags, "a@>1.1.0 <2", Options{Node: "20.0.0"}, "1.2.0"},
		{"engines count more than deprecation", all + tags, "a@1.2.0 || 1.3.0", Options{Node: "20.0.0"}, "1.2.0"},
		{"not deprecated among fit ones", all + tags, "a@1.2.0 || 1.3.0", Options{Node: "22.0.0"}, "1.3.0"},
		{"unfit when nothing fits", all + tags, "a@1.3.0 || 9", Options{Node: "16.0.0"}, "1.3.0"},
		{"latest that is unfit is skipped", all + "\ntag a latest 1.3.0", "a@^1", Options{Node: "20.0.0"}, "1.1.0"},
		{"latest that is deprecated is skipped", all + "\ntag a latest 1.2.0", "a@^1", Options{}, "1.3.0"},
		{"latest that is not there is skipped", all + "\ntag a latest 1.9.0", "a@^1", Options{}, "1.3.0"},
		{"any range takes a pre-release that is latest", "a 1.0.0-rc.1\na 0.9.0\ntag a latest 1.0.0-rc.1", "a", Options{}, "1.0.0-rc.1"},
		{"a pre-release Node", all + tags, "a@>1.1.0 <2", Options{Node: "22.0.0-nightly"}, "1.3.0"},
		{"exact", all + tags, "a@1.3.0", Options{Node: "20.0.0"}, "1.3.0"},
		{"exact with v", all + tags, "a@v1.2.0", Options{}, "1.2.0"},
		{"tag", all + tags, "a@next", Options{}, "2.0.0-rc.1"},
		{"alias", all + tags, "b@npm:a@~1.0", Options{}, "1.0.0"},
		{"before", all + tags, "a@^1", Options{Before: before}, "1.0.0"},
		{"before for a tag", all + tags, "a@latest", Options{Before: before}, "1.0.0"},
		{"before for an exact version", all + tags, "a@1.1.0", Options{Before: before}, "ETARGET 2020"},
		{"exact that is not there", all + tags, "a@1.0.9", Options{}, "ETARGET 2.0.0-rc.1"},
		{"range that nothing meets", all + tags, "a@^3", Options{}, "ETARGET versions"},
		{"unknown tag", all + tags, "a@nightly", Options{}, "ETARGET nightly"},
		{"tag that names nothing", all + tags, "a@gone", Options{}, "ETARGET 9.9.9"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := parseUniverse(t, row.universe)["a"]
			p.Published = map[string]time.Time{}
			for _, m := range p.Versions {
				if m.Version != "1.0.0" {
					p.Published[m.Version] = before.AddDate(1, 0, 0)
				}
			}
			m, err := Pick(p, specs(t, row.spec)[0], row.options)
			code, reason, failed := strings.Cut(row.want, " ")
			var missed *PickError
			switch {
			case !failed && (err != nil || m.Version != row.want):
				t.Errorf("got %v, %v, want %s", m, err, row.want)
			case failed && (!errors.As(err, &missed) || missed.Code != code || !strings.Contains(err.Error(), reason)):
				t.Errorf("got %v, %v, want %s", m, err, row.want)
			}
		})
	}
}

func TestPickWithoutVersions(t *testing.T) {
	if _, err := Pick(&Packument{Name: "a"}, specs(t, "a")[0], Options{}); err == nil || !strings.Contains(err.Error(), "no versions") {
		t.Errorf("got %v", err)
	}
}
