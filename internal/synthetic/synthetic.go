// Package synthetic is an upstream of any size that exists nowhere: its packages,
// releases, dependencies and artifacts are computed from a seed when somebody asks
// for them. It serves load and scale runs on loopback.
//
// A universe has N packages with five releases each on average, numbered 1.0.0,
// 1.1.0 and so on; a third of the packages has one or two. A release depends on
// packages of lower numbers only, so that there are no cycles; most have none to
// three dependencies, one in twenty has nine to fifteen, and low numbers are chosen
// far more often than high ones, so that a few packages are hubs. A dependency is on
// "this version or a later compatible one", and never on one later than the
// release's own. So the releases of one round, 1.2.0 of every package that has it,
// fit together, and one project can have them all.
//
// Archives are stored, not compressed, and hold one text of some hundred bytes
// beside what the ecosystem demands.
package synthetic

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Universe is one synthetic upstream. It is an http.Handler and safe for
// concurrent use.
type Universe struct {
	model
	protocol protocol

	mu      sync.Mutex
	digests map[at]digests // of the artifacts that were asked for

	checksums func() *checksums // made when first asked for
}

// protocol is how an ecosystem spells and serves the model.
type protocol interface {
	// name is the name of a package by its number.
	name(i int) string
	// version is the text of a version by its number.
	version(r int) string
	// requirement is what a text list has for one release.
	requirement(name, version string) string
	// artifact makes the archive of a release.
	artifact(u *Universe, p at) []byte
	// document answers for a path of the address; nil when there is nothing.
	document(u *Universe, path, base string) (kind string, body []byte)
	// upstream is the address to configure, for a universe served at base.
	upstream(base string) string
}

// protocols are the ecosystems that a universe can be of.
var protocols = map[string]protocol{"npm": npm{}, "cargo": cargo{}, "go": golang{}, "pypi": pypi{}}

// Ecosystems lists the ecosystems that a universe can be of.
func Ecosystems() []string { return []string{"npm", "cargo", "go", "pypi"} }

// New returns the universe of so many packages. The same arguments give the same
// bytes, on every machine.
func New(ecosystem string, seed uint64, packages int) (*Universe, error) {
	p, ok := protocols[ecosystem]
	if !ok {
		return nil, fmt.Errorf("synthetic upstream of %q: want one of %s", ecosystem, strings.Join(Ecosystems(), ", "))
	}
	if packages < 1 || packages > maxPackages {
		return nil, fmt.Errorf("synthetic upstream of %d packages: want 1 to %d", packages, maxPackages)
	}
	u := &Universe{model: model{seed: seed, base: packages}, protocol: p, digests: map[at]digests{}}
	u.checksums = sync.OnceValue(func() *checksums { return newChecksums(u) })
	return u, nil
}

// Release names one release of a universe.
type Release struct {
	Name, Version string
	Requirement   string // as a text list or the command line has it
}

func (u *Universe) describe(p at) Release {
	name, version := u.protocol.name(p.number), u.protocol.version(p.release)
	return Release{Name: name, Version: version, Requirement: u.protocol.requirement(name, version)}
}

// Upstream returns the address to configure when the universe is served at base,
// a URL without a slash at its end.
func (u *Universe) Upstream(base string) string { return u.protocol.upstream(base) }

// Lists returns text lists that together pin every release there is, each once.
// A list has all releases of at most size packages in a row, so that whoever takes
// one list after the other meets each package once, after those it depends on.
func (u *Universe) Lists(size int) []string {
	var lists []string
	for from, all := 0, u.Packages(); from < all; from += size {
		var list strings.Builder
		for i := from; i < min(from+size, all); i++ {
			for r := range u.releases(i) {
				list.WriteString(u.describe(at{i, r}).Requirement + "\n")
			}
		}
		lists = append(lists, list.String())
	}
	return lists
}

// First returns the first release of a package.
func (u *Universe) First(number int) Release { return u.describe(at{number, 0}) }

// AddRelease publishes one more release of a package and returns it.
func (u *Universe) AddRelease(number int) Release {
	return u.published(at{number, u.more(number) - 1})
}

// AddPackage publishes one more package, with one release, and returns that.
func (u *Universe) AddPackage() Release { return u.published(at{u.another(), 0}) }

func (u *Universe) published(p at) Release {
	if u.protocol == protocol(golang{}) {
		u.checksums().publish(p)
	}
	return u.describe(p)
}

// ChecksumKey returns the verifier key of the checksum database that a universe of
// Go modules has, for GOSUMDB. The database knows of every release that there was
// at the start and of those that were published since, in this order: whoever
// publishes the same in another order signs another history.
func (u *Universe) ChecksumKey() string { return u.checksums().key }

// ServeHTTP implements http.Handler.
func (u *Universe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, body := u.protocol.document(u, strings.TrimPrefix(r.URL.Path, "/"), "http://"+r.Host)
	if body == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body) // the client may be gone
}

const binaryType = "application/octet-stream"
