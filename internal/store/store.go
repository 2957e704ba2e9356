// Package store reads feeds and is the only code that writes one.
//
// A feed is a directory, or the same files behind a web server. [Feed] reads
// either through a [Tree] and believes no ledger document whose digest is not
// named by the one above it, up to feed.json. [Writer] holds the lock on a
// directory, stages every new file under .feedctl/stage, and publishes them all
// at once: a reader finds the old feed or the new one, and a run killed at any
// moment leaves the old one or a journal from which the next Open or Lock
// finishes the new one. docs/feed-format.md specifies what is on disk.
package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// ManifestPath is where a feed keeps its manifest.
const ManifestPath = "feed.json"

// The parts of a feed's directory.
const (
	ledgerDir   = "ledger"
	controlDir  = ".feedctl"
	stageDir    = controlDir + "/stage"       // new files under their final paths
	journalPath = controlDir + "/journal"     // exists while a publish is to be finished
	journalPart = controlDir + "/journal.new" // a journal being written
	lockPath    = controlDir + "/lock"
	holderPath  = controlDir + "/holder.json" // who has the lock
)

// Most bytes that are read of one file.
const (
	maxManifest = 1 << 20
	maxList     = 4 << 20
	maxRecord   = 256 << 20
	maxHolder   = 64 << 10
	maxJournal  = 1 << 30
)

// RecordPath returns the path of the ledger record of a package.
func RecordPath(ecosystem, name string) (string, error) {
	if err := checkEcosystem(ecosystem); err != nil {
		return "", err
	}
	escaped, err := feed.EscapeName(name)
	if err != nil {
		return "", err
	}
	return recordDir(ecosystem) + "/" + escaped + ".json", nil
}

// recordName returns the name of the package whose record has the given path,
// relative to recordDir.
func recordName(path string) (string, bool) {
	escaped, ok := strings.CutSuffix(path, ".json")
	if !ok {
		return "", false
	}
	name, err := feed.UnescapeName(escaped)
	return name, err == nil
}

func recordDir(ecosystem string) string { return ledgerDir + "/" + ecosystem + "/packages" }

// listPath returns the path of the list for a hex prefix, "" for the first one.
func listPath(ecosystem, prefix string) string {
	if prefix == "" {
		prefix = "root"
	}
	return ledgerDir + "/" + ecosystem + "/lists/" + prefix + ".json"
}

func rootPath(ecosystem, id string) string {
	return ledgerDir + "/" + ecosystem + "/roots/" + id + ".json"
}

// rootIDLength is how many hex digits the id of a root record has.
const rootIDLength = 32

// RootID returns the id of the root record of a request: the first 32 hex digits
// of the SHA-256 of its canonical JSON, or "" when it has none because its
// settings are no JSON.
func RootID(request feed.Request) string {
	data, err := compactJSON(&request)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:rootIDLength/2])
}

// checkEcosystem keeps the names of ecosystems to those that can be a folder of
// the feed beside its own.
func checkEcosystem(name string) error {
	plain := func(r rune) bool { return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' }
	switch {
	case name == "" || len(name) > 32 || strings.TrimFunc(name, plain) != "":
		return fmt.Errorf("ecosystem %.40q: want 1 to 32 of a-z and 0-9", name)
	case name == ledgerDir || name == "locks" || name == "views":
		return fmt.Errorf("ecosystem %q: the feed keeps this folder for itself", name)
	}
	return feed.CheckPath(name)
}
