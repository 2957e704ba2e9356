package tamper

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

// harmless reports whether two manifests differ only in what nothing else in the
// feed repeats, and what a signature alone can vouch for.
func harmless(before, after []byte) bool {
	read := func(data []byte) string {
		var m feed.Manifest
		if json.Unmarshal(data, &m) != nil {
			return ""
		}
		var again bytes.Buffer
		encoder := json.NewEncoder(&again)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(&m); err != nil || !bytes.Equal(bytes.TrimSpace(again.Bytes()), bytes.TrimSpace(data)) {
			return ""
		}
		m.Sequence, m.Previous, m.Time = 0, "", time.Time{}
		for name, summary := range m.Ecosystems {
			summary.Base, summary.Targets, summary.Options = "", nil, nil
			m.Ecosystems[name] = summary
		}
		rest, _ := json.Marshal(&m)
		return string(rest)
	}
	a, b := read(before), read(after)
	return a != "" && a == b
}

// TestManifest flips bits of feed.json one after the other. Nothing but a signature
// vouches for the number of the publish, its time, the digest of the one before,
// and for targets, options and addresses that no document has; everything else is
// found, and nothing crashes.
func TestManifest(t *testing.T) {
	f := newFeeds(t)
	data, step := f.content["feed.json"], 7 // of the bits; it is prime to the eight of a byte
	if !isLong {
		step = 61
	}
	tried := counts{}
	for at := 0; at < len(data)*8; at += step {
		changed := bytes.Clone(data)
		changed[at/8] ^= 1 << (at % 8)
		f.write(t, "feed.json", changed)
		code, findings := f.verify(t)
		if code == 0 && harmless(data, changed) {
			tried.add("feed.json, one bit of what a signature alone can vouch for", false)
		} else if tried.add("feed.json, one bit of anything else", code != 0); code == 0 {
			line := 1 + bytes.Count(data[:at/8], []byte("\n"))
			t.Errorf("bit %d of byte %d (%q in line %d): exit code %d, %+v", at%8, at/8, data[at/8], line, code, findings)
		}
		f.restore(t, "feed.json")
	}
	t.Log(tried)
}
