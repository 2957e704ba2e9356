package pypitest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// content is what the index offers.
type content struct {
	files     map[string][]byte  // by name
	byProject map[string][]*file // by the normal form of the project's name
	pages     map[string][]byte  // served as they are, by project
	extra     map[string][]byte  // by path

	form                                              string
	core, noSiblings, noRanges, withoutUploads, sizes bool
	absolute, faults                                  string
}

// file is one distribution.
type file struct {
	name, listed   string
	release        *release
	own            []byte // METADATA of this file alone
	data, metadata []byte
	options        map[string]string
	uploaded       time.Time
}

// release is one version while it is read.
type release struct {
	project, version string
	files            map[string][]byte
	dists            []*file
	options          map[string]string
}

// reading turns an archive into what the index offers.
type reading struct {
	*content
	releases    map[string]*release
	order       []*release
	fileOptions map[string]map[string]string
}

func read(archive *txtar.Archive) (*content, error) {
	r := &reading{
		content: &content{
			files: map[string][]byte{}, byProject: map[string][]*file{}, pages: map[string][]byte{}, extra: map[string][]byte{}, form: "both",
		},
		releases: map[string]*release{}, fileOptions: map[string]map[string]string{},
	}
	for _, entry := range archive.Files {
		if err := r.add(entry); err != nil {
			return nil, fmt.Errorf("pypitest: %s: %w", entry.Name, err)
		}
	}
	if err := r.finish(); err != nil {
		return nil, fmt.Errorf("pypitest: %w", err)
	}
	return r.content, nil
}

func (r *reading) add(entry txtar.File) error {
	name, rest, isRelease := strings.Cut(entry.Name, "@")
	switch {
	case entry.Name == "faults":
		r.faults += string(entry.Data)
		return nil
	case entry.Name == "page":
		return r.setPage(string(entry.Data))
	case strings.HasPrefix(entry.Name, "extra/"):
		r.extra[strings.TrimPrefix(entry.Name, "extra/")] = entry.Data
		return nil
	case !isRelease && strings.HasSuffix(entry.Name, ".options"):
		r.fileOptions[strings.TrimSuffix(entry.Name, ".options")] = options(entry.Data)
		return nil
	case !isRelease && strings.HasSuffix(entry.Name, ".page"):
		r.pages[wheel.NormalizeName(strings.TrimSuffix(entry.Name, ".page"))] = entry.Data
		return nil
	case !isRelease || !wheel.ValidName(name):
		return errors.New("want PROJECT@VERSION/FILE, PROJECT@VERSION.options, FILENAME.options, PROJECT.page, page, extra/PATH or faults")
	}
	versionText, inner, isFile := strings.Cut(rest, "/")
	if !isFile {
		stem, ok := strings.CutSuffix(rest, ".options")
		if !ok {
			return errors.New("a release has files and .options")
		}
		maps.Copy(r.release(name, stem).options, options(entry.Data))
		return nil
	}
	one := r.release(name, versionText)
	if strings.Contains(inner, "/") || !isArchive(inner) {
		one.files[inner] = entry.Data
		return nil
	}
	one.dists = append(one.dists, &file{name: inner, release: one, own: entry.Data})
	return nil
}

func isArchive(name string) bool {
	return strings.HasSuffix(name, ".whl") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".zip")
}

func (r *reading) release(project, versionText string) *release {
	key := project + "@" + versionText
	if r.releases[key] == nil {
		r.releases[key] = &release{project: project, version: versionText, files: map[string][]byte{}, options: map[string]string{}}
		r.order = append(r.order, r.releases[key])
	}
	return r.releases[key]
}

// options reads lines of "KEY VALUE".
func options(data []byte) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if key, value, _ := strings.Cut(strings.TrimSpace(line), " "); key != "" {
			found[key] = strings.ReplaceAll(value, `\n`, "\n")
		}
	}
	return found
}

func (r *reading) setPage(text string) error {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		flags := map[string]*bool{"core-metadata": &r.core, "siblings": &r.noSiblings, "ranges": &r.noRanges, "uploads": &r.withoutUploads, "sizes": &r.sizes}
		switch flag := flags[key]; {
		case key == "":
		case key == "form" && slices.Contains([]string{"html", "json", "both"}, value):
			r.form = value
		case key == "absolute":
			r.absolute = strings.TrimSuffix(value, "/") + "/"
		case flag != nil && (value == "yes" || value == "no"):
			*flag = (value == "yes") == (key == "core-metadata" || key == "sizes")
		default:
			return fmt.Errorf("%q is no line of a page", line)
		}
	}
	return nil
}

// finish packs everything, in the order of projects and versions.
func (r *reading) finish() error {
	slices.SortStableFunc(r.order, func(a, b *release) int {
		va, _ := version.Parse(a.version)
		vb, _ := version.Parse(b.version)
		return cmp.Or(cmp.Compare(a.project, b.project), version.Compare(va, vb), cmp.Compare(a.version, b.version))
	})
	for i, one := range r.order {
		if len(one.dists) == 0 {
			one.dists = []*file{{name: stem(one.project, one.version) + "-py3-none-any.whl", release: one}}
		}
		for _, dist := range one.dists {
			dist.uploaded = time.Date(2020, 1, 1, i, 0, 0, 0, time.UTC)
			if err := r.finishFile(dist); err != nil {
				return fmt.Errorf("%s: %w", dist.name, err)
			}
		}
		key := wheel.NormalizeName(one.project)
		r.byProject[key] = append(r.byProject[key], one.dists...)
	}
	return nil
}

func (r *reading) finishFile(one *file) error {
	one.options = maps.Clone(one.release.options)
	maps.Copy(one.options, r.fileOptions[one.name])
	one.listed = cmp.Or(one.options["name"], one.name)
	if text := one.options["uploaded"]; text != "" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return err
		}
		one.uploaded = at
	}
	own := one.own
	if len(own) == 0 {
		own = one.release.files["METADATA"]
	}
	one.metadata = complete(own, one.release)
	var err error
	if one.data, err = pack(one); err != nil {
		return err
	}
	if raw, ok := one.options["raw"]; ok {
		one.data = []byte(raw)
	}
	if r.files[one.listed] != nil {
		return errors.New("the file name is there twice")
	}
	r.files[one.listed] = one.data
	if text, ok := one.options["metadata"]; ok {
		one.metadata = []byte(text + "\n")
	}
	if _, without := one.options["no-metadata"]; path.Ext(one.name) == ".whl" && !without && !r.noSiblings {
		r.files[one.listed+".metadata"] = one.metadata
	}
	return nil
}

// complete adds the fields that every METADATA has.
func complete(text []byte, one *release) []byte {
	head := ""
	for _, field := range []struct{ name, value string }{{"Metadata-Version", "2.1"}, {"Name", one.project}, {"Version", one.version}} {
		if !strings.Contains("\n"+string(text), "\n"+field.name+":") {
			head += field.name + ": " + field.value + "\n"
		}
	}
	return append([]byte(head), text...)
}

// stem is the beginning of a file name (PEP 427, 625).
func stem(project, versionText string) string {
	return strings.ReplaceAll(wheel.NormalizeName(project), "-", "_") + "-" + versionText
}
