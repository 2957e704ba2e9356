// Package relocate finds the addresses in the locks of Python's package managers,
// and changes them where they stand: every other byte of a lock stays as it is.
//
// uv.lock, pylock.toml (PEP 751) and a pdm.lock with static URLs have the address
// and the digest of every file. A poetry.lock has the address of the index of each
// package that does not come from poetry's default one.
package relocate

import (
	"bytes"
	"cmp"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Lock is a lock as text, and the addresses in it.
type Lock struct {
	Addresses []Address // of files, in the order of the text
	Sources   []Source  // of packages: poetry's
	Hash      Text      // poetry's content-hash

	data []byte
	read func(*Lock, *value)
}

// Text is a text in a lock.
type Text struct {
	Value      string
	start, end int
}

// To returns the edit that puts another text in its place.
func (t Text) To(text string) Edit { return Edit{t.start, t.end, text} }

// Address is where a lock says that a file is.
type Address struct {
	Package, Version string // as the lock has them; the name in normal form
	File             string // name of the file
	Digests          feed.Digests
	URL              Text
}

// Source is where a poetry.lock says that a package comes from.
type Source struct {
	Package, Version string
	Reference        string // name of the index in pyproject.toml
	URL              Text
}

// readers are the forms of lock by patterns of path.Match.
var readers = map[string]func(*Lock, *value){
	"uv.lock":       (*Lock).uv,
	"*.py.lock":     (*Lock).uv,
	"pylock.toml":   (*Lock).pylock,
	"pylock.*.toml": (*Lock).pylock,
	"pdm.lock":      (*Lock).pdm,
	"poetry.lock":   (*Lock).poetry,
}

// Read finds the addresses in a lock of a known name. A lock of another name has
// none.
func Read(name string, data []byte) (*Lock, error) {
	for pattern, read := range readers {
		if ok, err := path.Match(pattern, path.Base(name)); err != nil || !ok {
			continue
		}
		l := &Lock{data: data, read: read}
		root, err := parse(plain(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
		read(l, root)
		return l, nil
	}
	return &Lock{data: data}, nil
}

// mark is the byte order mark that some editors put before a text.
const mark = "\xef\xbb\xbf"

// plain puts blanks in the place of a byte order mark, so that places stay.
func plain(data []byte) []byte {
	if rest, ok := bytes.CutPrefix(data, []byte(mark)); ok {
		return append([]byte(strings.Repeat(" ", len(mark))), rest...)
	}
	return data
}

// Edit returns the lock with edits made, after it has found the new texts where the
// old ones were.
func (l *Lock) Edit(edits []Edit) ([]byte, error) {
	out, err := Apply(l.data, edits)
	if err != nil || len(edits) == 0 {
		return out, err
	}
	root, err := parse(plain(out))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEdit, err)
	}
	after := &Lock{}
	l.read(after, root)
	to := map[int]string{}
	for _, e := range edits {
		to[e.start] = e.text
	}
	before, now := l.texts(), after.texts()
	if len(before) != len(now) {
		return nil, errEdit
	}
	for i := range before {
		want, changed := to[before[i].start]
		if !changed {
			want = before[i].Value
		}
		if now[i].Value != want {
			return nil, fmt.Errorf("%w: %.100q", errEdit, before[i].Value)
		}
	}
	return out, nil
}

// texts are all texts that may be changed.
func (l *Lock) texts() []Text {
	texts := []Text{l.Hash}
	for i := range l.Addresses {
		texts = append(texts, l.Addresses[i].URL)
	}
	for i := range l.Sources {
		texts = append(texts, l.Sources[i].URL)
	}
	return texts
}

// uv reads uv.lock. What comes from no index has no addresses here.
func (l *Lock) uv(root *value) {
	for _, list := range []string{"package", "distribution"} {
		for _, p := range root.get(list).list {
			source := p.get("source")
			if !source.get("registry").isText() && !strings.HasPrefix(source.text, "registry+") {
				continue
			}
			l.add(p, p.get("sdist"))
			for _, one := range p.get("wheels").list {
				l.add(p, one)
			}
		}
	}
}

func (l *Lock) pylock(root *value) {
	for _, p := range root.get("packages").list {
		if p.table["vcs"] != nil || p.table["directory"] != nil || p.table["archive"] != nil {
			continue
		}
		l.add(p, p.get("sdist"))
		for _, one := range p.get("wheels").list {
			l.add(p, one)
		}
	}
}

func (l *Lock) pdm(root *value) {
	for _, p := range root.get("package").list {
		if p.table["url"] != nil || p.table["git"] != nil || p.table["path"] != nil {
			continue
		}
		for _, one := range p.get("files").list {
			l.add(p, one)
		}
	}
}

func (l *Lock) poetry(root *value) {
	if hash := root.get("metadata", "content-hash"); hash.isText() {
		l.Hash = textOf(hash)
	}
	for _, p := range root.get("package").list {
		source := p.get("source")
		if source.get("type").text != "legacy" || !source.get("url").isText() {
			continue
		}
		l.Sources = append(l.Sources, Source{
			Package: wheel.NormalizeName(p.get("name").text), Version: p.get("version").text,
			Reference: source.get("reference").text, URL: textOf(source.get("url")),
		})
	}
}

func textOf(v *value) Text { return Text{Value: v.text, start: v.start, end: v.end} }

// add takes a file of a package, when it has an address.
func (l *Lock) add(p, file *value) {
	address := file.get("url")
	if !address.isText() {
		return
	}
	l.Addresses = append(l.Addresses, Address{
		Package: wheel.NormalizeName(p.get("name").text), Version: p.get("version").text,
		File: cmp.Or(lastSegment(address.text), file.get("name").text), Digests: digests(file), URL: textOf(address),
	})
}

// lastSegment is the name of the file at an address.
func lastSegment(address string) string {
	address, _, _ = strings.Cut(address, "#")
	address, _, _ = strings.Cut(address, "?")
	name := address[strings.LastIndexByte(address, '/')+1:]
	if text, err := url.PathUnescape(name); err == nil {
		return text
	}
	return name
}

// digests are what a lock says that the bytes of a file must be.
func digests(file *value) feed.Digests {
	d := feed.Digests{}
	named, sum, _ := strings.Cut(file.get("hash").text, ":")
	for _, algorithm := range []string{"sha256", "sha384", "sha512"} {
		if named == algorithm {
			d[algorithm] = strings.ToLower(sum)
		}
		if sum := file.get("hashes", algorithm).text; sum != "" {
			d[algorithm] = strings.ToLower(sum)
		}
	}
	return d
}
