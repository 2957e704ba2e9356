// Package sumdb keeps the part of a Go checksum database that proves the module
// releases of a feed, so that the go command can check them against the static
// feed with GOSUMDB left as it is.
//
// A checksum database is a transparency log: a Merkle tree of go.sum lines, one
// record for each module version, whose size and root hash are signed (a tree
// head). A client that reads a record demands the tiles of hashes that prove it
// under the newest head it knows, and that each head it meets extends the
// others. [Gather] collects what is needed for that while a feed is mirrored,
// [Prove] and [ProveHeads] check it in the feed alone.
//
// The feed holds, below go/sumdb/NAME/, what the module proxy protocol has there
// (go.dev/ref/mod#checksum-database): supported, latest, lookup/MODULE@VERSION
// and tile/8/LEVEL/NUMBER. In the ledger, the record of a release lies in its
// own metadata as a [Record]; heads and tiles are packages of evidence:
//
//   - "sumdb/NAME" has one release for each head that the feed ever had, its
//     version the size of the tree in decimal.
//   - "sumdb/NAME/tile/8/LEVEL…" has the tiles of one folder, partial ones
//     included, as the files of a release "tiles"; in a folder of many, those
//     that came first, and a package for each hundred has the others.
package sumdb

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Ecosystem is the name of the ecosystem that evidence belongs to.
const Ecosystem = "go"

const (
	folder     = Ecosystem + "/" // of the ecosystem in the feed
	root       = "sumdb/"        // of all databases, in an upstream and as a package name
	height     = 8               // of the tiles that the go command reads
	tilesLabel = "tiles"         // version of the one release of a package of tiles
)

// Option is the ecosystem's option that turns the database off, with the value
// "true".
const Option = "no-sumdb"

// Record is what a release keeps in its metadata: its record in the log, and the
// head under which the record was proven when the release came into the feed.
type Record struct {
	ID   int64  `json:"id"`            // number of the record in the log, from 0
	Text string `json:"record"`        // go.sum lines, each with its newline
	Head string `json:"head"`          // signed tree head, a note of golang.org/x/mod/sumdb/note
	Key  string `json:"key,omitempty"` // verifier key of a database other than Go's own
}

// Lookup returns the document that clients read for the release.
func Lookup(r Record) []byte {
	return fmt.Appendf(nil, "%d\n%s\n%s", r.ID, r.Text, r.Head)
}

// LookupPath returns where in the feed the document of a release lies.
func LookupPath(r Record, modulePath, version string) (string, error) {
	db, err := openDatabase(r.Key)
	if err != nil {
		return "", err
	}
	lookup, err := db.lookupPath(modulePath, version)
	return folder + lookup, err
}

// Owner returns the name of the package that a path in the feed below go/sumdb/
// belongs to: that of a module for a lookup, else that of a package of evidence,
// for a tile the one of its folder. It is "" for a path that no feed has.
func Owner(file string) string {
	below, ok := strings.CutPrefix(file, folder+root)
	if !ok {
		return ""
	}
	if i := strings.Index(below, "/lookup/"); i > 0 {
		escaped, _, _ := strings.Cut(below[i+len("/lookup/"):], "@")
		name, err := module.UnescapePath(escaped)
		if err != nil {
			return ""
		}
		return name
	}
	if i := strings.Index(below, "/tile/"); i > 0 {
		tile, err := tlog.ParseTilePath(below[i+1:])
		if err != nil || tile.H != height || tile.L < 0 {
			return ""
		}
		return tilesName(below[:i], tile)
	}
	name, base := path.Split(below)
	if name = strings.TrimSuffix(name, "/"); name == "" || base != "supported" && base != "latest" {
		return ""
	}
	return root + name
}

// Documents returns the documents of a package of evidence: for that of a
// database's heads "supported", which is empty and tells clients that the feed
// answers for the database, and "latest", the newest head.
func Documents(p feed.Package) ([]feed.Document, error) {
	if strings.Contains(p.Name, "/tile/") {
		return nil, nil
	}
	heads, db, err := readHeads(p)
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, nil
	}
	return []feed.Document{
		{Path: folder + db.path("supported"), Bytes: []byte{}, Entry: true},
		{Path: folder + db.path("latest"), Bytes: []byte(heads[len(heads)-1].note), Entry: true},
	}, nil
}
