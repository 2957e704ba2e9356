package verify

import (
	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// wayless is a finding of which no root has told the way to it yet.
type wayless struct {
	finding int    // index in the report
	version string // empty for the package as a whole
}

// findIn reports a finding in a package, or in one release of it. The first root
// that reaches it will tell the way.
func (c *check) findIn(key feed.VersionKey, f Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(f)
	if key.Name != "" {
		c.wayless[key.PackageKey] = append(c.wayless[key.PackageKey], wayless{finding: len(c.report.Findings) - 1, version: key.Version})
	}
}

// leadTo tells the ways from a root to what was found so far.
func (c *check) leadTo(e ecosystem.Ecosystem, rg *rootGraph) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range rg.record.Releases {
		if len(c.wayless) == 0 {
			return
		}
		name, version := feed.CutVersion(id)
		key := feed.PackageKey{Ecosystem: e.Name, Name: name}
		var left []wayless
		for _, w := range c.wayless[key] {
			if w.version != "" && w.version != version {
				left = append(left, w)
				continue
			}
			c.report.Findings[w.finding].Via = append([]string{rg.record.Input}, rg.ways()[id]...)
		}
		if c.wayless[key] = left; left == nil {
			delete(c.wayless, key)
		}
	}
}
