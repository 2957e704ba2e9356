package discover

import (
	"path"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
)

// scripts reads the indexes that scripts among the inputs name for uv in a block
// of their own (PEP 723). They come before those of the project.
func (s *settings) scripts(p *project) error {
	for _, raw := range s.env.Settings {
		read, err := lock.ParseSettings(raw)
		if err != nil {
			return err
		}
		table := uvTable{base: s.env.Dir, near: true}
		for _, index := range read.Indexes {
			at, _, _ := strings.Cut(index.Where, ":")
			if path.Ext(at) != ".py" {
				continue
			}
			table.at = at
			one := uvIndex{Name: index.Name, URL: s.withUser(index), Default: index.Default, Explicit: index.Explicit}
			if index.Flat {
				one.Format = "flat"
			}
			table.Index = append(table.Index, one)
		}
		if table.at == "" {
			continue
		}
		table.NoIndex = read.NoIndex
		own := projectUV{tables: []uvTable{table}, includes: boundBy(&read)}
		own.tables = append(own.tables, p.uv.tables...)
		for name, packages := range p.uv.includes {
			if _, ok := own.includes[name]; !ok {
				own.includes[name] = packages
			}
		}
		p.isUV, p.uv = true, own
	}
	return nil
}

// ofInputs returns the indexes that locks of other names record: uv's lock of a
// script, pylock.NAME.toml.
func (s *settings) ofInputs() []entry {
	for _, raw := range s.env.Settings {
		read, err := lock.ParseSettings(raw)
		if err != nil || len(read.Indexes) == 0 {
			continue
		}
		at, _, _ := strings.Cut(read.Indexes[0].Where, ":")
		for pattern := range lock.Locks() {
			if ok, err := path.Match(pattern, at); ok && err == nil {
				return s.fromLock(at, read)
			}
		}
	}
	return nil
}
