package lock

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

const requirementsAdvice = "correct the file and run this again"

// Limits on what one requirements file may lead to.
const (
	maxIncludes = 500
	maxLines    = 1_000_000
	maxNesting  = 50
)

// Requirements returns the reader of requirements files as pip reads them. A file
// in which every requirement is pinned by "==" and has hashes is a flat lock; what
// its pins name are digests without file names. Any other is a manifest, whose
// hashes stand in [Settings.Hashes].
//
// Options stand in the settings too: indexes, constraints, choices. Includes are
// read from the same folder and below. getenv gives the variables in the file.
func Requirements(getenv Getenv) Reader {
	return func(fsys fs.FS, name string) (feed.Request, error) {
		r := &requirementsFile{
			fsys: fsys, getenv: getenv, file: path.Base(name), seen: map[string]bool{},
			src: &source{file: path.Base(name), advice: requirementsAdvice},
		}
		if err := r.include(name, place{}, false); err != nil {
			return feed.Request{}, err
		}
		if r.locked() {
			return r.lock()
		}
		return r.manifest()
	}
}

// requirementsFile collects what a requirements file and its includes hold.
type requirementsFile struct {
	fsys     fs.FS
	getenv   Getenv
	file     string
	src      *source
	seen     map[string]bool // files read, as requirements or as constraints
	stack    []string        // files being read
	lines    int
	entries  []requirementEntry
	bounds   []requirementEntry // of constraint files
	settings Settings
}

type requirementEntry struct {
	dependency
	hashes []string
	place  place
}

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

func (p place) fail(err error) error {
	return &Error{File: p.file, Line: p.line, Problem: err.Error(), Advice: requirementsAdvice, Err: err}
}

// include reads one file, which stands at a place in another. Each is read once.
func (r *requirementsFile) include(name string, from place, constraint bool) error {
	if slices.Contains(r.stack, name) {
		return from.fail(fmt.Errorf("%s includes itself: %s", name, strings.Join(append(r.stack, name), " > ")))
	}
	key := fmt.Sprint(name, constraint)
	if r.seen[key] {
		return nil
	}
	r.seen[key] = true
	if len(r.seen) > maxIncludes || len(r.stack) >= maxNesting {
		return from.fail(fmt.Errorf("more than %d files are included, or they are nested deeper than %d", maxIncludes, maxNesting))
	}
	s, err := read(r.fsys, name, requirementsAdvice)
	if err != nil && from.line > 0 {
		return from.fail(fmt.Errorf("the included file %s cannot be read: %w", clip(name), err))
	}
	if err != nil {
		return err
	}
	text := decodeText(s.data)
	if strings.ContainsRune(text, 0) {
		return s.fail("", "the file holds binary data")
	}
	r.stack = append(r.stack, name)
	defer func() { r.stack = r.stack[:len(r.stack)-1] }()
	for _, line := range logicalLines(text) {
		if r.lines++; r.lines > maxLines {
			return s.fail("", "the files have more than %d lines", maxLines)
		}
		at := place{r.shown(name), line.number}
		if err := r.line(name, at, line.text, constraint); err != nil {
			return err
		}
	}
	return nil
}

// shown is how messages name a file.
func (r *requirementsFile) shown(name string) string {
	if len(r.stack) == 1 {
		return r.file
	}
	return name
}

func (r *requirementsFile) line(name string, at place, text string, constraint bool) error {
	requirement, words, err := splitOptions(text)
	if err != nil {
		return at.fail(err)
	}
	options, err := parseOptions(words)
	if err != nil {
		return at.fail(err)
	}
	if requirement != "" {
		return r.requirement(at, requirement, options, constraint)
	}
	for _, o := range options {
		if err := r.option(name, at, o); err != nil {
			return err
		}
	}
	return nil
}

// requirement takes one requirement with the options behind it.
func (r *requirementsFile) requirement(at place, text string, options []option, constraint bool) error {
	full := Expand(text, r.getenv)
	if reason := directReason(full); reason != "" {
		r.skip(at, eggName(text), text, reason)
		return nil
	}
	d, err := parseDependency(full)
	if err != nil && full != text {
		err = fmt.Errorf("%q is no requirement of PEP 508 once its variables are put in", redact(text))
	}
	if err != nil {
		return at.fail(err)
	}
	if d.URL != "" {
		_, written, _ := strings.Cut(text, "@")
		written, _, _ = strings.Cut(strings.TrimSpace(written), " ")
		r.skip(at, d.Name, written, urlReason(d.URL))
		return nil
	}
	e := requirementEntry{dependency: d, place: at}
	for _, o := range options {
		switch o.name {
		case "--hash":
			hash := Expand(o.value, r.getenv)
			if _, err := readHash(hash); err != nil {
				return at.fail(err)
			}
			e.hashes = append(e.hashes, strings.ToLower(strings.TrimSpace(hash)))
		case "--global-option", "--install-option", "--config-settings":
		default:
			return at.fail(fmt.Errorf("the option %s stands behind a requirement; it needs a line of its own", o.name))
		}
	}
	if constraint {
		r.bounds = append(r.bounds, e)
	} else {
		r.entries = append(r.entries, e)
	}
	return nil
}

func (r *requirementsFile) skip(at place, name, text, reason string) {
	r.settings.Skipped = append(r.settings.Skipped, newSkipped(name, text, reason, at.String()))
}

// option takes an option that has a line of its own.
func (r *requirementsFile) option(name string, at place, o option) error {
	t := &r.settings
	switch o.name {
	case "--requirement", "--constraint":
		return r.follow(name, at, o)
	case "--editable":
		r.skip(at, eggName(o.value), o.value, "editable dependency")
	case "--index-url", "--extra-index-url", "--find-links":
		return r.index(name, at, o)
	case "--no-index":
		t.NoIndex = true
	case "--pre":
		t.Choice.Prerelease = "allow"
	case "--prefer-binary":
		t.Choice.PreferBinary = true
	case "--require-hashes":
		t.Choice.RequireHashes = true
	case "--all-releases":
		t.Choice.PrereleaseFor = chosen(t.Choice.PrereleaseFor, Expand(o.value, r.getenv))
	case "--no-binary":
		t.Choice.NoBinary = chosen(t.Choice.NoBinary, o.value)
	case "--only-binary":
		t.Choice.OnlyBinary = chosen(t.Choice.OnlyBinary, o.value)
	case "--hash":
		return at.fail(fmt.Errorf("a hash stands without a requirement; a backslash at the end of the line before may be missing"))
	}
	return nil
}

// chosen adds names to a list of formats; ":none:" empties it, ":all:" replaces it.
func chosen(list []string, value string) []string {
	for one := range strings.SplitSeq(value, ",") {
		one = strings.TrimSpace(one)
		switch {
		case one == ":none:":
			list = nil
		case one == ":all:":
			list = []string{one}
		case wheel.ValidName(one) && !slices.Contains(list, ":all:"):
			list = append(list, wheel.NormalizeName(one))
		}
	}
	return list
}

// follow reads an included file. What a constraint file includes as requirements
// are requirements, as with pip.
func (r *requirementsFile) follow(name string, at place, o option) error {
	value := Expand(o.value, r.getenv)
	if strings.Contains(value, "://") {
		return at.fail(fmt.Errorf("the file lies at an address (%s); download it, put it beside this one and name it here", redact(o.value)))
	}
	target, ok := inside(path.Dir(name), value)
	if !ok {
		return at.fail(fmt.Errorf("the included file %s lies outside the folder of %s, which is all that is read; give feedctl a file in a folder that holds both", redact(o.value), r.file))
	}
	return r.include(target, at, o.name == "--constraint")
}

// index records an index or a place with links. pip takes the last --index-url.
func (r *requirementsFile) index(name string, at place, o option) error {
	address := o.value
	if !strings.Contains(address, "://") && o.name == "--find-links" {
		target, ok := inside(path.Dir(name), address)
		if !ok {
			return nil // a folder of this machine says nothing to any other
		}
		address = target
	}
	index, ok := newIndex("", address, at.String())
	if !ok && o.name != "--find-links" {
		return at.fail(fmt.Errorf("%s %q is neither an address nor a folder below the file's", o.name, redact(address)))
	}
	if !ok {
		return nil
	}
	index.Default, index.Extra, index.Flat = o.name == "--index-url", o.name == "--extra-index-url", o.name == "--find-links"
	if index.Flat {
		r.settings.FindLinks = append(r.settings.FindLinks, index.URL)
	}
	if index.Default {
		r.settings.Indexes = slices.DeleteFunc(r.settings.Indexes, func(i Index) bool { return i.Default })
	}
	r.settings.addIndex(index)
	return nil
}

// locked reports whether every requirement is pinned and hashed.
func (r *requirementsFile) locked() bool {
	return len(r.entries) > 0 && !slices.ContainsFunc(r.entries, func(e requirementEntry) bool {
		return len(e.hashes) == 0 || !e.Specifiers.IsPinned()
	})
}

func (r *requirementsFile) lock() (feed.Request, error) {
	g := newGraph(r.src)
	skipped := r.settings.Skipped
	r.settings.Skipped, r.settings.Flat, r.settings.Releases = nil, true, g.settings.Releases
	g.settings, g.skipped = r.settings, skipped
	r.constrain(&g.settings)
	for i := range r.entries {
		e := &r.entries[i]
		rec := record{name: e.Name, version: exactVersion(e.Specifiers), release: Release{Marker: e.Marker.String()}}
		for _, hash := range e.hashes {
			rec.files = append(rec.files, artifact{Hash: hash})
		}
		at, err := g.node(rec)
		if err != nil {
			return feed.Request{}, e.place.fail(err)
		}
		g.edge(feed.Root, at, e.requirement(""))
	}
	return g.request()
}

func (r *requirementsFile) manifest() (feed.Request, error) {
	t := &r.settings
	r.constrain(t)
	var requirements []feed.Requirement
	for _, e := range slices.Concat(r.entries, r.bounds) {
		if len(e.hashes) == 0 {
			continue
		}
		if t.Hashes == nil {
			t.Hashes = map[string]Hash{}
		}
		t.Hashes[e.Name] = append(t.Hashes[e.Name], e.hashes...)
	}
	for name, hashes := range t.Hashes {
		slices.Sort(hashes)
		t.Hashes[name] = slices.Compact(hashes)
	}
	for _, e := range r.entries {
		requirements = append(requirements, e.requirement(""))
	}
	slices.SortFunc(requirements, func(a, b feed.Requirement) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Range, b.Range))
	})
	return t.request(r.file, slices.Compact(requirements))
}

// constrain keeps what constraint files say.
func (r *requirementsFile) constrain(t *Settings) {
	for _, e := range r.bounds {
		t.Constraints = append(t.Constraints, e.String())
	}
	slices.Sort(t.Constraints)
	t.Constraints = slices.Compact(t.Constraints)
}

// exactVersion returns the version that a pinned set of specifiers names.
func exactVersion(set version.Set) string {
	for _, clause := range set.Clauses() {
		if text := clause.String(); strings.HasPrefix(text, "==") && !clause.Prefix {
			return strings.TrimLeft(text, "=")
		}
	}
	return ""
}
