package simple

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/pkg/feed"
)

// packed is the files of a project in few bytes: popular projects have thousands
// of files, of which few are looked at more than once.
type packed struct {
	groups []group  // by version, ascending
	shared []string // what many files have in common; the first is empty
	data   []byte   // the records of the files, group after group
}

// group is the files of one version.
type group struct {
	version version.Version
	count   int32 // files
	end     int32 // of the records in data
}

// What a record has.
const (
	hasDigest = 1 << iota
	hasOthers
	hasTime
	isYanked
	hasCore // core metadata are offered
	hasCoreDigest
	hasProvenance
	isLocal
)

// size is about how much memory the files take, in bytes.
func (p *packed) size() int { return len(p.data) + 64*len(p.groups) }

// packer makes a packed.
type packer struct {
	packed
	known map[string]uint64 // the texts of shared, by place
	at    map[string]int32  // groups by the key of the version
	marks []mark
}

// mark says where the record of a file ends, and of which group it is.
type mark struct{ group, end int32 }

func newPacker(files int) *packer {
	return &packer{
		packed: packed{shared: []string{""}, data: make([]byte, 0, 160*files)},
		known:  map[string]uint64{"": 0}, at: map[string]int32{}, marks: make([]mark, 0, files),
	}
}

// add takes a file. Of equal versions that are written in several ways the
// shortest text counts.
func (p *packer) add(f *File) {
	key := f.Version.Key()
	at, ok := p.at[key]
	if !ok {
		at = int32(len(p.groups))
		p.at[key] = at
		p.groups = append(p.groups, group{version: f.Version})
	}
	if g := &p.groups[at]; isPlainer(f.Version.String(), g.version.String()) {
		g.version = f.Version
	}
	p.record(f)
	p.marks = append(p.marks, mark{at, int32(len(p.data))})
}

func isPlainer(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// record writes down a file.
func (p *packer) record(f *File) {
	start := len(p.data)
	p.data = append(p.data, 0)
	flags := byte(0)
	p.text(f.Name)
	if f.path != "" {
		flags |= isLocal
		p.text(f.path)
	} else {
		p.address(f.URL, f.Name)
	}
	p.number(p.share(f.RequiresPython))
	p.number(uint64(f.Size))
	if p.digest(f.SHA256) {
		flags |= hasDigest
	}
	if len(f.Others) > 0 {
		flags |= hasOthers
		p.others(f.Others)
	}
	if !f.Uploaded.IsZero() {
		flags |= hasTime
		p.data = binary.AppendVarint(p.data, f.Uploaded.Unix())
		p.number(uint64(f.Uploaded.Nanosecond()))
	}
	if f.Yanked != nil {
		flags |= isYanked
		p.number(p.share(*f.Yanked))
	}
	if f.CoreMetadata != nil {
		flags |= hasCore
		if p.digest(*f.CoreMetadata) {
			flags |= hasCoreDigest
		}
	}
	if f.Provenance != "" {
		flags |= hasProvenance
		p.address(f.Provenance, "/provenance")
	}
	p.data[start] = flags
}

func (p *packer) number(n uint64) { p.data = binary.AppendUvarint(p.data, n) }

func (p *packer) text(text string) {
	p.number(uint64(len(text)))
	p.data = append(p.data, text...)
}

// share returns the place of a text among those that files have in common.
func (p *packer) share(text string) uint64 {
	at, ok := p.known[text]
	if !ok {
		at = uint64(len(p.shared))
		text = strings.Clone(text)
		p.known[text] = at
		p.shared = append(p.shared, text)
	}
	return at
}

// address writes an address in three parts: what it has in common with others, the
// middle, and whether it ends in a text that is known from elsewhere.
func (p *packer) address(address, last string) {
	end := 0
	if scheme := strings.Index(address, "://"); scheme >= 0 {
		end = scheme + 3
		for range 2 { // the host, and the first folder
			end += strings.IndexByte(address[end:], '/') + 1
		}
	}
	p.number(p.share(address[:end]))
	middle, ok := strings.CutSuffix(address[end:], last)
	ends := uint64(0)
	if ok {
		ends = 1
	}
	p.number(uint64(len(middle))<<1 | ends)
	p.data = append(p.data, middle...)
}

// digest writes a SHA-256, if it is one.
func (p *packer) digest(sum string) bool {
	if len(sum) != 64 {
		return false
	}
	p.data, _ = hex.AppendDecode(p.data, []byte(sum))
	return true
}

func (p *packer) others(digests feed.Digests) {
	p.number(uint64(len(digests)))
	for algorithm, sum := range digests {
		p.text(algorithm)
		p.text(sum)
	}
}

// finish puts the records of each version together, in the order in which they
// came, and the versions in order.
func (p *packer) finish() *packed {
	order := make([]int32, len(p.groups))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return p.groups[a].version.Compare(p.groups[b].version) })
	place := make([]int32, len(order))
	groups := make([]group, len(order))
	for to, from := range order {
		place[from], groups[to] = int32(to), p.groups[from]
	}
	start := int32(0)
	for _, m := range p.marks {
		g := &groups[place[m.group]]
		g.count++
		g.end += m.end - start // its length, for now
		start = m.end
	}
	return &packed{groups: groups, shared: slices.Clip(p.shared), data: p.gather(groups, place)}
}

// gather copies the records into the order of the groups, whose ends are lengths
// before.
func (p *packer) gather(groups []group, place []int32) []byte {
	next := make([]int32, len(groups))
	total := int32(0)
	for i := range groups {
		next[i] = total
		total += groups[i].end
		groups[i].end = total
	}
	data := make([]byte, total)
	start := int32(0)
	for _, m := range p.marks {
		to := &next[place[m.group]]
		*to += int32(copy(data[*to:], p.data[start:m.end]))
		start = m.end
	}
	return data
}

// files appends the files of a version.
func (p *packed) files(at int, list []File) []File {
	g := &p.groups[at]
	start := int32(0)
	if at > 0 {
		start = p.groups[at-1].end
	}
	u := unpacker{packed: p, rest: string(p.data[start:g.end])}
	for range g.count {
		file := u.file()
		file.Version = g.version
		list = append(list, file)
	}
	return list
}

// find returns the place of a version.
func (p *packed) find(key string) (int, bool) {
	return slices.BinarySearchFunc(p.groups, key, func(g group, key string) int { return strings.Compare(g.version.Key(), key) })
}

// unpacker reads records. Their texts are parts of one text.
type unpacker struct {
	*packed
	rest string
}

func (u *unpacker) file() File {
	flags := u.rest[0]
	u.rest = u.rest[1:]
	f := File{Name: u.text()}
	if flags&isLocal != 0 {
		f.path = u.text()
	} else {
		f.URL = u.address(f.Name)
	}
	f.RequiresPython = u.shared[u.number()]
	f.Size = int64(u.number())
	if flags&hasDigest != 0 {
		f.SHA256 = u.digest()
	}
	if flags&hasOthers != 0 {
		f.Others = u.others()
	}
	if flags&hasTime != 0 {
		f.Uploaded = u.time()
	}
	if flags&isYanked != 0 {
		f.Yanked = &u.shared[u.number()]
	}
	if flags&hasCore != 0 {
		f.CoreMetadata = new(string)
		if flags&hasCoreDigest != 0 {
			*f.CoreMetadata = u.digest()
		}
	}
	if flags&hasProvenance != 0 {
		f.Provenance = u.address("/provenance")
	}
	return f
}

func (u *unpacker) take(n int) string {
	text := u.rest[:n]
	u.rest = u.rest[n:]
	return text
}

func (u *unpacker) number() uint64 {
	n, shift := uint64(0), 0
	for i := range len(u.rest) {
		c := u.rest[i]
		if c < 0x80 {
			u.rest = u.rest[i+1:]
			return n | uint64(c)<<shift
		}
		n |= uint64(c&0x7F) << shift
		shift += 7
	}
	return n
}

func (u *unpacker) text() string { return u.take(int(u.number())) }

func (u *unpacker) address(last string) string {
	first := u.shared[u.number()]
	n := u.number()
	middle := u.take(int(n >> 1))
	if n&1 == 0 {
		last = ""
	}
	return first + middle + last
}

func (u *unpacker) digest() string { return hex.EncodeToString([]byte(u.take(32))) }

func (u *unpacker) others() feed.Digests {
	count := u.number()
	digests := make(feed.Digests, count)
	for range count {
		algorithm := u.text()
		digests[algorithm] = u.text()
	}
	return digests
}

func (u *unpacker) time() time.Time {
	n := u.number()
	seconds := int64(n >> 1) // as binary.Varint has it
	if n&1 != 0 {
		seconds = ^seconds
	}
	return time.Unix(seconds, int64(u.number())).UTC()
}
