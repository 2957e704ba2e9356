package pypi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/relocate"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Relocate implements the contract. uv, and everything that installs from a
// pylock.toml, take files from the addresses in the lock; poetry asks the indexes
// that pyproject.toml names and locks that text by a hash. Only the address of a
// file that the feed holds with the digest in the lock is changed.
func Relocate(ctx context.Context, request ecosystem.Relocation) (ecosystem.Relocated, error) {
	r := &relocation{Relocation: request, records: map[string]*feed.Package{}}
	if err := r.read(); err != nil {
		return ecosystem.Relocated{}, err
	}
	for _, step := range []func(context.Context) error{r.uses, r.files, r.sources} {
		if err := step(ctx); err != nil {
			return ecosystem.Relocated{}, err
		}
	}
	r.advise()
	return r.result, nil
}

// relocation is a lock on its way to another address.
type relocation struct {
	ecosystem.Relocation
	input   feed.Request
	text    *relocate.Lock
	records map[string]*feed.Package // by name; nil for what the feed does not know
	used    []used
	result  ecosystem.Relocated
}

// used is a file that a target takes of what a lock offers.
type used struct {
	at     int // node of the lock
	file   string
	pin    feed.Pin
	target string
}

// maxLock is the largest lock that is rewritten, in bytes.
const maxLock = 64 << 20

func (r *relocation) read() error {
	for pattern, read := range lock.Locks() {
		if ok, err := path.Match(pattern, r.Name); err != nil || !ok {
			continue
		}
		var err error
		if r.input, err = read(r.FS, r.Name); err != nil {
			return err
		}
		data, err := readCapped(r.FS, r.Name)
		if err != nil {
			return err
		}
		r.text, err = relocate.Read(r.Name, data)
		return err
	}
	return fmt.Errorf("%s: no lock of Python", r.Name)
}

func readCapped(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxLock+1))
	if err == nil && len(data) > maxLock {
		err = fmt.Errorf("%s: larger than %d MiB", name, maxLock>>20)
	}
	return data, err
}

// record returns what the feed has of a package, nil for nothing.
func (r *relocation) record(ctx context.Context, name string) (*feed.Package, error) {
	if p, known := r.records[name]; known {
		return p, nil
	}
	p, err := r.Package(ctx, name)
	switch {
	case errors.Is(err, feed.ErrNotFound):
		r.records[name] = nil
		return nil, nil
	case err != nil:
		return nil, err
	}
	r.records[name] = &p
	return &p, nil
}

// held returns the path of a file of the feed with the digests of a lock, or why
// there is none.
func (r *relocation) held(ctx context.Context, name, text, file string, digests feed.Digests) (found, why string, err error) {
	p, err := r.record(ctx, name)
	if err != nil {
		return "", "", err
	}
	if v, err := version.Parse(text); err == nil {
		text = v.String()
	}
	var release *feed.Release
	if p != nil {
		release = p.Release(text)
	}
	switch {
	case digests.Strongest() == "":
		return "", "the lock has no digest of it", nil
	case release == nil:
		return "", "the feed does not hold " + strings.TrimSpace(name+" "+text), nil
	}
	why = "the feed has no file with this digest"
	for _, one := range release.Files {
		same := slices.ContainsFunc(algorithms(digests), func(a string) bool { return digests[a] == one.Digests[a] })
		switch {
		case same && digests.Conflict(one.Digests) == "" && !one.Absent:
			return one.Path, "", nil
		case same && one.Absent:
			why = "the feed leaves it out: it is for other targets"
		case path.Base(one.Path) == file && digests.Conflict(one.Digests) != "":
			why = "the feed has other bytes under this name"
		}
	}
	return "", why, nil
}

// uses finds out which files of the lock the targets of the feed take.
func (r *relocation) uses(ctx context.Context) error {
	settings, err := lock.ParseSettings(r.input.Settings)
	if err != nil {
		return err
	}
	r.input.Targets, r.input.Options = r.Profile.Targets, r.Profile.Options
	one := &resolution{request: r.input, settings: settings}
	if one.targets, _, err = targetsOf(r.input, &settings); err != nil {
		r.note("%v", err)
		return nil
	}
	if one.catalog, err = one.newCatalog(); err != nil {
		return err
	}
	l := &lockedGraph{graph: one.newGraph(), locked: r.input.Lock.Nodes}
	if err := r.offer(ctx, l); err != nil {
		return err
	}
	for _, u := range l.usages {
		needed, _ := l.needed(u.target, l.active(u.target))
		for at := range l.locked {
			if file, _ := l.fileFor(at, u.target); needed[at] && file != "" {
				r.used = append(r.used, used{at, file, pinNamed(l.locked[at].Pins, file), u.String()})
			}
		}
	}
	return nil
}

// offer gives a graph the files that the lock itself lists, with what the feed
// knows of their releases.
func (r *relocation) offer(ctx context.Context, l *lockedGraph) error {
	for _, node := range l.locked {
		release := feed.Release{Version: node.Version}
		p, err := r.record(ctx, node.Name)
		if err != nil {
			return err
		}
		if p != nil && p.Release(node.Version) != nil {
			release = *p.Release(node.Version)
		}
		var names []string
		for _, pin := range node.Pins {
			names = append(names, pin.File)
		}
		l.releases, l.offered = append(l.releases, release), append(l.offered, names)
	}
	return nil
}

func pinNamed(pins []feed.Pin, file string) feed.Pin {
	for _, pin := range pins {
		if pin.File == file {
			return pin
		}
	}
	return feed.Pin{}
}

// files changes the addresses of files.
func (r *relocation) files(ctx context.Context) error {
	var edits []relocate.Edit
	addressed := map[string]bool{}
	for _, a := range r.text.Addresses {
		addressed[releaseID(a.Package, a.Version)] = true
		held, why, err := r.held(ctx, a.Package, a.Version, a.File, a.Digests)
		if err != nil {
			return err
		}
		switch to := r.Base + "/" + escapePath(held); {
		case held == "":
			r.result.Kept = append(r.result.Kept, place(a.Package, a.Version, a.File, why))
		case a.URL.Value == to:
			r.result.Same++
		default:
			r.result.Moved++
			edits = append(edits, a.URL.To(to))
		}
	}
	if err := r.change(edits); err != nil {
		return err
	}
	return r.missing(ctx, addressed)
}

// change makes the edits of the lock itself.
func (r *relocation) change(edits []relocate.Edit) error {
	if len(edits) == 0 {
		return nil
	}
	data, err := r.text.Edit(edits)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	r.result.Files = append(r.result.Files, feed.Document{Path: r.Name, Bytes: data})
	return nil
}

// missing notes what targets take of the releases given and the feed does not hold.
func (r *relocation) missing(ctx context.Context, of map[string]bool) error {
	for _, u := range r.used {
		node := &r.input.Lock.Nodes[u.at]
		if !of[releaseID(node.Name, node.Version)] {
			continue
		}
		held, why, err := r.held(ctx, node.Name, node.Version, u.file, u.pin.Digests)
		if err != nil {
			return err
		}
		if held != "" {
			continue
		}
		one := place(node.Name, node.Version, u.file, why)
		one.Target = u.target
		r.result.Missing = append(r.result.Missing, one)
		r.result.Kept = slices.DeleteFunc(r.result.Kept, func(p ecosystem.Place) bool { return p.Package == one.Package && p.File == one.File })
	}
	return nil
}

// advise says what else a lock needs.
func (r *relocation) advise() {
	for _, u := range r.used {
		if node := &r.input.Lock.Nodes[u.at]; !wheel.IsWheel(u.file) && len(r.text.Addresses) > 0 {
			r.note("%s %s is built from source: set the index of the client to %s/%s too, for what the build needs", node.Name, node.Version, r.Base, pagesFolder)
		}
	}
	if len(r.text.Addresses)+len(r.text.Sources) == 0 {
		r.note("%s has no addresses to rewrite: its client follows its settings (feedctl client-config)", r.Name)
	}
	slices.Sort(r.result.Notes)
	r.result.Notes = slices.Compact(r.result.Notes)
}

func (r *relocation) note(format string, args ...any) {
	r.result.Notes = append(r.result.Notes, fmt.Sprintf(format, args...))
}

func place(name, text, file, why string) ecosystem.Place {
	return ecosystem.Place{Package: lock.Ecosystem + ":" + releaseID(name, text), File: file, Reason: why}
}

// releaseID is "name@version", both in normal form.
func releaseID(name, text string) string {
	if v, err := version.Parse(text); err == nil {
		text = v.String()
	}
	return name + "@" + text
}

// escapePath writes a path of the feed as the pages of the index do.
func escapePath(name string) string {
	return strings.ReplaceAll((&url.URL{Path: name}).EscapedPath(), "+", "%2B")
}
