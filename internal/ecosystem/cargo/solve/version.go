package solve

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"deps.dev/util/semver"
)

// parsed is a version made ready for comparison and matching.
type parsed struct {
	*semver.Version
	numbers [3]uint64
	build   string
}

// maxText is the longest version and requirement that is read, in bytes.
const maxText = 1024

var errLong = fmt.Errorf("longer than %d bytes", maxText)

// parseVersion reads a complete version of Semantic Versioning 2.
func parseVersion(text string) (parsed, bool) {
	if len(text) > maxText {
		return parsed{}, false
	}
	rest, build, _ := strings.Cut(text, "+")
	core, _, _ := strings.Cut(rest, "-")
	p := parsed{build: build}
	parts := strings.Split(core, ".")
	if len(parts) != 3 {
		return p, false
	}
	for i, part := range parts {
		number, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return p, false
		}
		p.numbers[i] = number
	}
	version, err := semver.Cargo.Parse(rest)
	if err != nil || version.IsWildcard() {
		return p, false
	}
	p.Version = version
	return p, true
}

// compare orders by precedence, then by build metadata.
func (p *parsed) compare(q *parsed) int {
	for i := range p.numbers {
		if order := cmp.Compare(p.numbers[i], q.numbers[i]); order != 0 {
			return order
		}
	}
	if order := p.Compare(q.Version); order != 0 {
		return order
	}
	return compareBuild(p.build, q.build)
}

// compareBuild orders build metadata: none first, numbers by value and before
// words, a prefix before what continues it.
func compareBuild(a, b string) int {
	if a == b {
		return 0
	}
	if a == "" || b == "" {
		return cmp.Compare(len(a), len(b))
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		if order := compareIdentifier(as[i], bs[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(as), len(bs))
}

func compareIdentifier(a, b string) int {
	numberA, numberB := digits(a), digits(b)
	switch {
	case numberA && numberB:
		shortA, shortB := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(shortA), len(shortB)), strings.Compare(shortA, shortB), cmp.Compare(len(a), len(b)))
	case numberA:
		return -1
	case numberB:
		return 1
	}
	return strings.Compare(a, b)
}

func digits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// span is the part of a version that compatible versions share: the numbers up
// to the first that is not zero.
type span struct {
	depth  uint8
	number uint64
}

func (p *parsed) span() span {
	for i, number := range p.numbers[:2] {
		if number != 0 {
			return span{uint8(i), number}
		}
	}
	return span{2, p.numbers[2]}
}

// requirement is a parsed version requirement.
type requirement struct {
	constraint *semver.Constraint // nil admits everything
}

func parseRequirement(text string) (requirement, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return requirement{}, nil
	}
	if len(text) > maxText {
		return requirement{}, errLong
	}
	constraint, err := semver.Cargo.ParseConstraint(text)
	return requirement{constraint}, err
}

func (r requirement) matches(p *parsed) bool {
	return r.constraint == nil || r.constraint.MatchVersion(p.Version)
}

// rust is a Rust version; parts left out are zero.
type rust [3]uint64

func parseRust(text string) (rust, bool) {
	var r rust
	text, _, _ = strings.Cut(strings.TrimSpace(text), "-")
	parts := strings.Split(text, ".")
	if len(parts) > len(r) {
		return r, false
	}
	for i, part := range parts {
		number, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return r, false
		}
		r[i] = number
	}
	return r, true
}

// admits reports whether this compiler may build what states a version of its
// own: the same major version, and no older.
func (r rust) admits(stated rust) bool {
	return r[0] == stated[0] && (r[1] > stated[1] || r[1] == stated[1] && r[2] >= stated[2])
}
