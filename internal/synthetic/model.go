package synthetic

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// maxPackages is how many packages a universe can have.
const maxPackages = 10_000_000

// model is what there is, whatever the ecosystem.
type model struct {
	seed uint64
	base int // packages at the start

	mu    sync.RWMutex
	added int         // packages since
	extra map[int]int // releases since, by package
}

// at is one release: of which package, and which of its releases, both from 0.
type at struct{ number, release int }

// dependency is on a release or a later compatible one.
type dependency struct{ number, release int }

// counts are the numbers of releases of ten packages in a row.
var counts = [10]int{5, 1, 10, 3, 1, 8, 4, 2, 6, 10}

// lateLimit is below which number the dependencies of packages are that were not
// there at the start.
const lateLimit = 200

// initial is how many releases a package has at the start.
func (m *model) initial(i int) int {
	if i >= m.base {
		return 1
	}
	return counts[i%len(counts)]
}

// Packages returns how many packages there are.
func (m *model) Packages() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.base + m.added
}

// releases returns how many releases a package has, 0 for one that does not exist.
func (m *model) releases(i int) int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i < 0 || i >= m.base+m.added {
		return 0
	}
	return m.initial(i) + m.extra[i]
}

// Releases returns how many releases all packages have together.
func (m *model) Releases() int {
	total := 0
	for i := range m.Packages() {
		total += m.releases(i)
	}
	return total
}

func (m *model) more(i int) int {
	m.mu.Lock()
	if m.extra == nil {
		m.extra = map[int]int{}
	}
	m.extra[i]++
	m.mu.Unlock()
	return m.releases(i)
}

func (m *model) another() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.added++
	return m.base + m.added - 1
}

// random returns a number that depends on the seed and what it is for.
func (m *model) random(parts ...int) uint64 {
	x := m.seed + 0x9e3779b97f4a7c15
	for _, part := range parts {
		x = mix(x ^ mix(uint64(part)+0x9e3779b97f4a7c15))
	}
	return x
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// dependencies returns what a release depends on, each package once. Later
// releases have those of the first, and one more now and then.
func (m *model) dependencies(p at) []dependency {
	number, limit := p.number, p.number
	if number >= m.base { // the same at every size
		number, limit = m.base-number-1, min(m.base, lateLimit)
	}
	n := m.fanOut(number) + p.release/4
	var all []dependency
	seen := map[int]bool{}
	for k := range n {
		if limit == 0 {
			break
		}
		on := m.skewed(limit, m.random(number, k, 1))
		if seen[on] {
			continue
		}
		seen[on] = true
		newest := min(p.release, m.initial(on)-1)
		all = append(all, dependency{on, int(m.random(number, k, p.release, 2) % uint64(newest+1))})
	}
	return all
}

// fanOut is how many dependencies the first release of a package has.
func (m *model) fanOut(number int) int {
	random := m.random(number, 3)
	switch share := random % 100; {
	case share < 35:
		return 0
	case share < 80:
		return 1 + int(random>>32%3)
	case share < 95:
		return 4 + int(random>>32%5)
	}
	return 9 + int(random>>32%7)
}

// skewed chooses a number below limit, low ones far more often than high ones.
func (m *model) skewed(limit int, random uint64) int {
	share := float64(random>>11) / (1 << 53)
	return int(float64(limit) * share * share * share * share)
}

// words make names that look like names.
var words = [16]string{"amber", "birch", "cedar", "delta", "ember", "flint", "grove", "hazel", "ivory", "jade", "larch", "maple", "north", "ochre", "pearl", "quill"}

// plain is the name of a package without what an ecosystem adds: "cedar-larch-1234".
func plain(i int) string {
	h := mix(uint64(i) + 1)
	return words[h%16] + "-" + words[h>>8%16] + "-" + strconv.Itoa(i)
}

// numberOf reads a plain name; -1 when it is none.
func numberOf(name string) int {
	i, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil || i < 0 || i > 2*maxPackages || plain(i) != name {
		return -1
	}
	return i
}

// semantic is the text of a version, and releaseOf reads it; -1 when it is none.
func semantic(r int) string { return "1." + strconv.Itoa(r) + ".0" }

func releaseOf(version string) int {
	var r int
	if _, err := fmt.Sscanf(version, "1.%d.0", &r); err != nil || r < 0 || semantic(r) != version {
		return -1
	}
	return r
}

// find returns the release of a plain name and a version, when there is one.
func (u *Universe) find(name, version string) (at, bool) {
	p := at{numberOf(name), releaseOf(version)}
	return p, p.number >= 0 && p.release >= 0 && p.release < u.releases(p.number)
}

// text is what an archive has to say.
func (u *Universe) text(p at) string {
	return fmt.Sprintf("%s %s of universe %d\n%s", plain(p.number), semantic(p.release), u.seed,
		strings.Repeat(strconv.FormatUint(u.random(p.number, p.release, 4), 36)+"\n", 24))
}
