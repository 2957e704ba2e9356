// Package modgraph selects the versions of Go modules as the go command does:
// minimal version selection over the pruned module graph, with replacements,
// exclusions and workspaces. It reads go.mod and go.work files that it is given
// and neither the disk nor a network.
//
// The rules are those of the Go modules reference, sections "Minimal version
// selection", "Module graph pruning", "go.mod files" and "Workspaces".
package modgraph

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Version is a module at a version. A main module and a folder that replaces a
// module have no version; the go command's "go" and "toolchain" are modules too.
type Version = module.Version

// Module is what the selection of versions needs of one go.mod file. It is
// encoded as JSON.
type Module struct {
	Path       string    `json:"path,omitempty"`       // "" when the file has no module line
	Go         string    `json:"go,omitempty"`         // of the go line ("1.21", "1.22.3"); "" without one, which means 1.16
	Toolchain  string    `json:"toolchain,omitempty"`  // "go1.22.3"; kept by ParseMain only
	Deprecated string    `json:"deprecated,omitempty"` // the author's message, one line, shortened
	Synthetic  bool      `json:"synthetic,omitempty"`  // the file is the one that a proxy writes for a version without go.mod
	Require    []Require `json:"require,omitempty"`    // in the order of the file, repetitions kept
	Retract    []Retract `json:"retract,omitempty"`

	// ParseMain keeps these; they have no effect in a dependency.
	Replace []Replace `json:"replace,omitempty"`
	Exclude []Version `json:"exclude,omitempty"`
	Tool    []string  `json:"tool,omitempty"` // package paths

	// Dir is the folder of a main module in a workspace, relative to that of
	// go.work and with slashes. Replacements by folders are read from there. The
	// caller sets it.
	Dir string `json:"-"`
}

// Require is one required module. Its text form, which is also its JSON, is
// "path version", and "path version indirect" for what go.mod marks so.
type Require struct {
	Path, Version string
	Indirect      bool
}

// Retract is a range of versions that their author has withdrawn, both ends
// included; Low and High are alike for a single one. Low may be empty, which is
// below every version.
type Retract struct {
	Low       string `json:"low,omitempty"`
	High      string `json:"high"`
	Rationale string `json:"rationale,omitempty"` // one line, shortened
}

// Replace puts New in the place of Old. Without Old.Version every version is
// meant; without New.Version, New.Path is a folder.
type Replace struct {
	Old Version `json:"old"`
	New Version `json:"new"`
}

// MarshalText returns the text form.
func (r Require) MarshalText() ([]byte, error) {
	text := r.Path + " " + r.Version
	if r.Indirect {
		text += " indirect"
	}
	return []byte(text), nil
}

// UnmarshalText reads the text form.
func (r *Require) UnmarshalText(text []byte) error {
	words := strings.Split(string(text), " ")
	if len(words) == 3 && words[2] == "indirect" {
		r.Indirect = true
		words = words[:2]
	}
	if len(words) != 2 || words[0] == "" || module.CanonicalVersion(words[1]) != words[1] {
		return fmt.Errorf("%q is not a requirement of the form \"path version\"", shorten(string(text)))
	}
	r.Path, r.Version = words[0], words[1]
	return nil
}

// Retracted reports whether the author has withdrawn a version, and why. The
// retractions that count are those in the go.mod of the module's highest version.
func (m Module) Retracted(version string) (rationale string, retracted bool) {
	for _, r := range m.Retract {
		if semver.Compare(r.Low, version) <= 0 && semver.Compare(version, r.High) <= 0 {
			return r.Rationale, true
		}
	}
	return "", false
}

// shorten makes one printable line of at most 300 bytes of a text from outside.
func shorten(text string) string {
	const most = 300
	line := strings.Join(strings.Fields(text), " ")
	if len(line) > most {
		line = strings.ToValidUTF8(line[:most], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, line)
}
