package mirror

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxList is the largest text list that is read, in bytes.
const maxList = 64 << 20

// InputError says that an input cannot be read. Nothing was changed.
type InputError struct {
	Input string
	Err   error
}

func (e *InputError) Error() string { return fmt.Sprintf("%s: %v", e.Input, e.Err) }

func (e *InputError) Unwrap() error { return e.Err }

// source is an input that was read, and the folder it lies in.
type source struct {
	request feed.Request
	dir     string
}

// reader turns the texts on a command line into requests.
type reader struct {
	ecosystems []ecosystem.Ecosystem
	stdin      io.Reader
	avoid      string // the feed's own folder, never searched
	sources    []source
	listed     map[string][]feed.Requirement // by ecosystem: single requirements, in the order given
}

// read reads every input. The result does not depend on their order.
func (r *reader) read(inputs []string) ([]source, error) {
	r.listed = map[string][]feed.Requirement{}
	for _, input := range inputs {
		if err := r.one(input); err != nil {
			return nil, &InputError{Input: input, Err: err}
		}
	}
	r.flushList("command line", "")
	return slices.Clip(r.sources), nil
}

func (r *reader) one(input string) error {
	if input == "-" {
		return r.list(r.stdin, "standard input", "")
	}
	if requirement, name, err := r.requirement(input); name != "" {
		if err != nil {
			return err
		}
		r.listed[name] = append(r.listed[name], requirement)
		return nil
	}
	info, err := os.Stat(input)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no such file or folder; to name a package write %s", r.examples())
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		return r.dir(input)
	}
	return r.file(input)
}

func (r *reader) examples() string {
	var names []string
	for _, e := range r.ecosystems {
		names = append(names, e.Name+":NAME")
	}
	return strings.Join(names, ", ") + " or a package URL (pkg:TYPE/NAME)"
}

// requirement reads "ecosystem:NAME@RANGE" or a package URL. The ecosystem's name is
// empty when text is neither.
func (r *reader) requirement(text string) (feed.Requirement, string, error) {
	prefix, rest, found := strings.Cut(text, ":")
	if !found {
		return feed.Requirement{}, "", nil
	}
	if strings.EqualFold(prefix, "pkg") {
		return r.purl(text)
	}
	for _, e := range r.ecosystems {
		if e.Name == prefix {
			requirement, err := e.Requirement(rest)
			return requirement, e.Name, err
		}
	}
	return feed.Requirement{}, "", nil
}

func (r *reader) purl(text string) (feed.Requirement, string, error) {
	purl, err := packageurl.FromString(text)
	if err != nil {
		return feed.Requirement{}, "pkg", fmt.Errorf("not a package URL: %w", err)
	}
	for _, e := range r.ecosystems {
		if e.PURLType == purl.Type {
			namespace, name := asWritten(text, purl)
			requirement, err := e.PURL(namespace, name, purl.Version)
			return requirement, e.Name, err
		}
	}
	return feed.Requirement{}, "pkg", fmt.Errorf("package URL of type %q: feedctl mirrors %s", purl.Type, r.examples())
}

// asWritten returns the namespace and name of a package URL in the letter case of
// its text. The specification has some types in lower case, but names such as
// github.com/BurntSushi/toml exist only as they are, and that is how tools write them.
func asWritten(text string, purl packageurl.PackageURL) (namespace, name string) {
	_, rest, _ := strings.Cut(text, ":")
	unescaped, err := url.PathUnescape(strings.TrimLeft(rest, "/"))
	if err != nil {
		return purl.Namespace, purl.Name
	}
	full := purl.Name
	if purl.Namespace != "" {
		full = purl.Namespace + "/" + purl.Name
	}
	_, path, _ := strings.Cut(unescaped, "/")
	if path = strings.TrimLeft(path, "/"); len(path) < len(full) || !strings.EqualFold(path[:len(full)], full) {
		return purl.Namespace, purl.Name
	}
	path = path[:len(full)]
	return strings.TrimSuffix(path[:len(full)-len(purl.Name)], "/"), path[len(full)-len(purl.Name):]
}

// dir reads every known lock below dir; when there is none, the manifests in dir
// itself.
func (r *reader) dir(dir string) error {
	before := len(r.sources)
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != dir && r.skipsDir(name, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if _, read := match(r.ecosystems, entry.Name(), locks); read != nil {
			return r.file(r.lead(name))
		}
		return nil
	})
	if err != nil || len(r.sources) > before {
		return err
	}
	return r.manifests(dir)
}

// lead returns the manifest that is read in the place of a lock, or the lock.
func (r *reader) lead(lock string) string {
	for _, e := range r.ecosystems {
		lead, ok := e.Leads[filepath.Base(lock)]
		if !ok {
			continue
		}
		lead = filepath.Join(filepath.Dir(lock), lead)
		if _, err := os.Lstat(lead); err == nil {
			return lead
		}
	}
	return lock
}

func (r *reader) skipsDir(name, base string) bool {
	if base == "node_modules" || base == "vendor" || strings.HasPrefix(base, ".") {
		return true
	}
	for _, mark := range []string{"feed.json", "CACHEDIR.TAG"} { // a feed; what can be made again
		if _, err := os.Lstat(filepath.Join(name, mark)); err == nil {
			return true
		}
	}
	inside, err := filepath.Rel(r.avoid, name)
	return r.avoid != "" && err == nil && inside == "."
}

func (r *reader) manifests(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	before := len(r.sources)
	for _, entry := range entries {
		e, read := match(r.ecosystems, entry.Name(), manifests)
		if read == nil || entry.IsDir() {
			continue
		}
		if err := r.parse(filepath.Join(dir, entry.Name()), e, read); err != nil {
			return err
		}
	}
	if len(r.sources) == before {
		return fmt.Errorf("no lockfile in this folder or below it; known are %s", strings.Join(r.known(), ", "))
	}
	return nil
}

func (r *reader) known() []string {
	var names []string
	for _, e := range r.ecosystems {
		for pattern := range e.Locks {
			names = append(names, pattern)
		}
		for pattern := range e.Manifests {
			names = append(names, pattern)
		}
	}
	sort.Strings(names)
	return names
}

type parseFunc = func(fsys fs.FS, name string) (feed.Request, error)

func locks(e ecosystem.Ecosystem) map[string]parseFunc     { return e.Locks }
func manifests(e ecosystem.Ecosystem) map[string]parseFunc { return e.Manifests }
func named(e ecosystem.Ecosystem) map[string]parseFunc     { return e.Named }

// match finds the ecosystem whose pattern fits a file's base name.
func match(all []ecosystem.Ecosystem, base string, of func(ecosystem.Ecosystem) map[string]parseFunc) (string, parseFunc) {
	for _, e := range all {
		for pattern, read := range of(e) {
			if ok, err := path.Match(pattern, base); err == nil && ok {
				return e.Name, read
			}
		}
	}
	return "", nil
}

func (r *reader) file(name string) error {
	base := filepath.Base(name)
	for _, of := range []func(ecosystem.Ecosystem) map[string]parseFunc{locks, manifests, named} {
		if e, read := match(r.ecosystems, base, of); read != nil {
			return r.parse(name, e, read)
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return r.list(f, base, filepath.Dir(name))
}

func (r *reader) parse(name, ecosystemName string, read parseFunc) error {
	dir := filepath.Dir(name)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	request, err := read(root.FS(), filepath.Base(name))
	if err != nil {
		return err
	}
	request.Ecosystem = ecosystemName
	if request.Lock != nil {
		request.LockDigest = lockDigest(request.Lock)
		request.Requirements = direct(request.Lock)
	}
	r.sources = append(r.sources, source{request: request, dir: dir})
	return nil
}

// list reads a text list: one requirement or package URL a line, # starts a
// comment.
func (r *reader) list(in io.Reader, name, dir string) error {
	kept := r.listed
	r.listed = map[string][]feed.Requirement{}
	defer func() { r.listed = kept }()
	data, err := io.ReadAll(io.LimitReader(in, maxList+1))
	if err != nil {
		return err
	}
	if len(data) > maxList {
		return fmt.Errorf("larger than %d MB: not a package list", maxList>>20)
	}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for number := 1; lines.Scan(); number++ {
		if err := r.line(lines.Text()); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if len(r.listed) == 0 {
		return fmt.Errorf("no package in the list; write one a line: %s", r.examples())
	}
	r.flushList(name, dir)
	return nil
}

func (r *reader) line(text string) error {
	text, _, _ = strings.Cut(" "+text, " #")
	text = strings.TrimSpace(text)
	if text == "" || strings.HasPrefix(text, "#") {
		return nil
	}
	requirement, name, err := r.requirement(text)
	if err != nil {
		return fmt.Errorf("%s: %w", clip(text), err)
	}
	if name == "" {
		return fmt.Errorf("%q names no ecosystem; write %s", clip(text), r.examples())
	}
	r.listed[name] = append(r.listed[name], requirement)
	return nil
}

func clip(text string) string {
	if len(text) > 80 {
		return text[:80] + "…"
	}
	return text
}

// flushList makes requests of the single requirements read so far. Names that
// are listed more than once come into further requests, because one project can
// have a package directly only once.
func (r *reader) flushList(name, dir string) {
	for _, e := range r.ecosystems {
		requirements := r.listed[e.Name]
		sort.SliceStable(requirements, func(i, j int) bool {
			a, b := requirements[i], requirements[j]
			return a.String() < b.String()
		})
		requirements = slices.Compact(requirements)
		for len(requirements) > 0 {
			var now, later []feed.Requirement
			seen := map[string]bool{}
			for _, requirement := range requirements {
				installed := requirement.Name
				if requirement.Alias != "" {
					installed = requirement.Alias
				}
				if seen[installed] {
					later = append(later, requirement)
					continue
				}
				seen[installed] = true
				now = append(now, requirement)
			}
			request := feed.Request{Ecosystem: e.Name, Input: name, Requirements: now}
			r.sources = append(r.sources, source{request: request, dir: dir})
			requirements = later
		}
	}
	clear(r.listed)
}

// lockDigest covers all that a lock pins, whatever the order of its entries.
func lockDigest(lock *feed.Graph) string {
	lines := make([]string, 0, len(lock.Nodes))
	for _, node := range lock.Nodes {
		var line strings.Builder
		line.WriteString(node.Name + "@" + node.Version)
		for _, pin := range node.Pins {
			line.WriteString(" " + pin.File)
			for _, algorithm := range slices.Sorted(maps.Keys(pin.Digests)) {
				line.WriteString(" " + algorithm + ":" + pin.Digests[algorithm])
			}
		}
		fmt.Fprintf(&line, " %q", node.Files)
		lines = append(lines, line.String())
	}
	sort.Strings(lines)
	return feed.SHA256([]byte(strings.Join(lines, "\n")))
}

// direct lists what a lock's own project requires, so that the feed remembers
// where the graph begins.
func direct(lock *feed.Graph) []feed.Requirement {
	var all []feed.Requirement
	for _, edge := range lock.Edges {
		if edge.From == feed.Root {
			all = append(all, edge.Requirement)
		}
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].String()+all[i].Kind < all[j].String()+all[j].Kind
	})
	return slices.Compact(all)
}
