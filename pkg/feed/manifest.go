package feed

import "time"

// Format is the version of the feed format that this package reads and writes.
const Format = 1

// Manifest is feed.json, the root of the hash tree over the whole ledger. It is
// written last.
type Manifest struct {
	Format     int                         `json:"format"`
	Sequence   int64                       `json:"sequence"`           // one more for each publish, from 1
	Previous   string                      `json:"previous,omitempty"` // "sha256:…" of the feed.json before
	Time       time.Time                   `json:"time"`               // of the run that wrote it
	Ecosystems map[string]EcosystemSummary `json:"ecosystems"`
}

// Profile is what a feed remembers of how one ecosystem is mirrored, so that the
// next run needs no flags.
type Profile struct {
	Layout
	Targets []Target          `json:"targets,omitempty"` // empty means every platform
	Options map[string]string `json:"options,omitempty"` // the ecosystem's own ("node": "20.20.2")
}

// EcosystemSummary is what the manifest says of one ecosystem.
type EcosystemSummary struct {
	Profile
	Packages int    `json:"packages"`
	Releases int    `json:"releases"`
	Files    int    `json:"files"`           // artifacts held
	Bytes    int64  `json:"bytes"`           // their size together
	Ledger   string `json:"ledger"`          // "sha256:…" of ledger/<ecosystem>/lists/root.json
	Roots    string `json:"roots,omitempty"` // "sha256:…" of ledger/<ecosystem>/roots/list.json
}
