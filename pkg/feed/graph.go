package feed

import (
	"encoding/json"
	"strings"
)

// Request is one input, read: what it asks for, before anything is chosen.
type Request struct {
	Ecosystem    string            `json:"ecosystem"`
	Input        string            `json:"input"`                  // file name or text it was read from, without directories
	Requirements []Requirement     `json:"requirements,omitempty"` // what a manifest or a command line asks for
	Settings     json.RawMessage   `json:"settings,omitempty"`     // what the manifest says besides (overrides, workspace members), in the ecosystem's own form
	Targets      []Target          `json:"targets,omitempty"`      // empty means every platform
	Options      map[string]string `json:"options,omitempty"`      // the ecosystem's own options ("node": "20.20.2")
	LockDigest   string            `json:"lock,omitempty"`         // "sha256:…" over all that a lock pins; empty when the input is none
	Lock         *Graph            `json:"-"`                      // set when the input is a lock: it is not resolved again
}

// Graph is what a request comes to: releases, and who requires which.
type Graph struct {
	Nodes    []Node      `json:"nodes"`
	Edges    []Edge      `json:"edges,omitempty"`
	Skipped  []Skipped   `json:"skipped,omitempty"` // entries that no registry can serve
	Notes    []string    `json:"notes,omitempty"`   // what a person should know, one line each
	Recalled *RootRecord `json:"-"`                 // set when the feed remembered this graph, which then has no edges
	// Chosen, when feedctl chose, writes the choice as the client's own lock; the
	// paths of the documents are file names. release gives full metadata.
	Chosen func(release func(name, version string) (Release, error)) ([]Document, error) `json:"-"`
}

// Node is one release that the graph needs.
type Node struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Pins    []Pin    `json:"pins,omitempty"`   // what a lock says of its files
	Files   []string `json:"files,omitempty"`  // base names of the files wanted; nil means all
	Bare    bool     `json:"bare,omitempty"`   // metadata only: its files belong to platforms that are not mirrored
	Reason  string   `json:"reason,omitempty"` // why this version, in a few words
}

// Pin is what a lock says of one file of a release.
type Pin struct {
	File    string  `json:"file,omitempty"` // base name; empty when the release has one file
	URL     string  `json:"url,omitempty"`  // as recorded in the lock
	Digests Digests `json:"digests,omitempty"`
}

// Edge says that one release requires another.
type Edge struct {
	From        int         `json:"from"` // index into Nodes; Root for what the request itself asks
	To          int         `json:"to"`   // index into Nodes; Open when nothing meets the requirement
	Requirement Requirement `json:"requirement"`
	Why         string      `json:"why,omitempty"` // of an open edge: what leaves it open ("optional", "overridden", "open in the lock")
}

// The ends of an edge that are no node.
const (
	Root = -1
	Open = -1
)

// Skipped is an entry of an input that no registry can serve: a git or file
// dependency, a URL.
type Skipped struct {
	Name   string `json:"name"`
	Spec   string `json:"spec"`   // as the input says it, redacted
	Reason string `json:"reason"` // "git dependency", …
	Where  string `json:"where"`  // file, and line or key
}

// RootRecord is a request as the feed remembers it: where verify, why and prune
// start. It holds no local path.
type RootRecord struct {
	Request
	Chosen   []File              `json:"chosen,omitempty"` // the lock that feedctl wrote, when the input was none
	Releases []string            `json:"releases"`         // "name@version" of every release it came to, sorted
	Bare     []string            `json:"bare,omitempty"`   // those of Releases whose files are left out
	Files    map[string][]string `json:"files,omitempty"`  // base names of the files wanted, for those of Releases that need only some
	Open     []OpenEdge          `json:"open,omitempty"`   // edges that the input itself leaves open, sorted
}

// OpenEdge is an edge that ends nowhere, and is known to.
type OpenEdge struct {
	From        string      `json:"from,omitempty"` // "name@version"; empty for the request itself
	Requirement Requirement `json:"requirement"`
	Why         string      `json:"why,omitempty"`
}

// Locked reports whether the request is a lock's: its releases are given.
func (r *Request) Locked() bool { return r.Lock != nil || r.LockDigest != "" }

// CutVersion splits "name@version" at the last "@" that is not the first
// character, so that scoped names stay whole.
func CutVersion(text string) (name, version string) {
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		return text[:i], text[i+1:]
	}
	return text, ""
}
