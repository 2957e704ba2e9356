package golangtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// content is what the proxy offers.
type content struct {
	files           map[string][]byte         // by path below the root
	sums            map[module.Version]string // lines of go.sum
	order           []module.Version          // in which the log has them
	unlogged        map[string]bool
	withoutDatabase bool
	faults          string
}

// versionText is one version while it is read.
type versionText struct {
	files map[string][]byte // of the zip
	mod   []byte
	info  []byte
}

// reading turns an archive into what the proxy offers.
type reading struct {
	*content
	versions map[module.Version]*versionText
	aliases  map[module.Version]string
	lists    map[string][]byte
}

var errNoVersion = errors.New("no version follows")

func read(archive *txtar.Archive) (*content, error) {
	r := &reading{
		content:  &content{files: map[string][]byte{}, sums: map[module.Version]string{}, unlogged: map[string]bool{}},
		versions: map[module.Version]*versionText{}, aliases: map[module.Version]string{}, lists: map[string][]byte{},
	}
	for _, file := range archive.Files {
		if err := r.add(file); err != nil {
			return nil, fmt.Errorf("golangtest: %s: %w", file.Name, err)
		}
	}
	return r.content, r.finish()
}

func (r *reading) add(file txtar.File) error {
	switch file.Name {
	case "faults":
		r.faults += string(file.Data)
		return nil
	case "unlogged":
		for name := range strings.FieldsSeq(string(file.Data)) {
			r.unlogged[name] = true
		}
		return nil
	case "database":
		r.withoutDatabase = strings.TrimSpace(string(file.Data)) == "none"
		return nil
	}
	name, rest, ok := strings.Cut(file.Name, "@")
	if err := module.CheckPath(name); !ok || err != nil {
		return fmt.Errorf("want MODULE@VERSION/FILE, MODULE@VERSION.mod, MODULE@VERSION.info, MODULE@NAME.alias or MODULE@list; the module path: %w", cmp.Or(err, errNoVersion))
	}
	if rest == "list" {
		r.lists[name] = file.Data
		return nil
	}
	version, inner, isFile := strings.Cut(rest, "/")
	if isFile {
		r.version(name, version).files[inner] = file.Data
		return nil
	}
	stem := strings.TrimSuffix(rest, path.Ext(rest))
	switch path.Ext(rest) {
	case ".mod":
		r.version(name, stem).mod = file.Data
	case ".info":
		r.version(name, stem).info = file.Data
	case ".alias":
		r.aliases[module.Version{Path: name, Version: stem}] = strings.TrimSpace(string(file.Data))
	default:
		return fmt.Errorf("%q is no file of a module version", rest)
	}
	return nil
}

func (r *reading) version(name, version string) *versionText {
	v := module.Version{Path: name, Version: version}
	if r.versions[v] == nil {
		r.versions[v] = &versionText{files: map[string][]byte{}}
		r.order = append(r.order, v)
	}
	return r.versions[v]
}

func (r *reading) finish() error {
	slices.SortFunc(r.order, func(a, b module.Version) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), semver.Compare(a.Version, b.Version), cmp.Compare(a.Version, b.Version))
	})
	latest := map[string]module.Version{}
	lists := map[string][]byte{}
	for i, v := range r.order {
		if err := r.pack(v, r.versions[v], time.Date(2020, 1, 1, i, 0, 0, 0, time.UTC)); err != nil {
			return fmt.Errorf("golangtest: %v: %w", v, err)
		}
		if !module.IsPseudoVersion(v.Version) {
			lists[v.Path] = append(lists[v.Path], v.Version+"\n"...)
		} else if lists[v.Path] == nil {
			lists[v.Path] = []byte{}
		}
		if old, ok := latest[v.Path]; !ok || preferred(v.Version, old.Version) {
			latest[v.Path] = v
		}
	}
	for name, data := range r.lists {
		lists[name] = data
	}
	for name, data := range lists {
		r.files[escape(name)+"/@v/list"] = data
	}
	for name, v := range latest {
		r.files[escape(name)+"/@latest"] = r.files[file(v, ".info")]
	}
	for alias, version := range r.aliases {
		target := module.Version{Path: alias.Path, Version: version}
		if r.versions[target] == nil {
			return fmt.Errorf("golangtest: %v stands for %s, which is not there", alias, version)
		}
		r.files[file(alias, ".info")] = r.files[file(target, ".info")]
	}
	return nil
}

// preferred reports whether the proxy calls a the latest rather than b.
func preferred(a, b string) bool {
	rank := func(v string) int {
		switch {
		case module.IsPseudoVersion(v):
			return 0
		case semver.Prerelease(v) != "":
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), semver.Compare(a, b)) > 0
}

// pack makes the files of a version.
func (r *reading) pack(v module.Version, text *versionText, at time.Time) error {
	if text.mod == nil {
		text.mod = text.files["go.mod"]
	}
	if text.mod == nil {
		text.mod = []byte("module " + v.Path + "\n")
	}
	if text.info == nil {
		text.info = fmt.Appendf(nil, `{"Version":%q,"Time":%q}`, v.Version, at.Format(time.RFC3339))
	}
	archive, err := Zip(v.Path, v.Version, text.files)
	if err != nil {
		return err
	}
	r.files[file(v, ".mod")], r.files[file(v, ".info")], r.files[file(v, ".zip")] = text.mod, text.info, archive
	r.sums[v], err = sumLines(v, text)
	return err
}

func sumLines(v module.Version, text *versionText) (string, error) {
	var names []string
	prefix := v.Path + "@" + v.Version + "/"
	for name := range text.files {
		names = append(names, prefix+name)
	}
	open := func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text.files[strings.TrimPrefix(name, prefix)])), nil
	}
	zipSum, err := dirhash.Hash1(names, open)
	if err != nil {
		return "", err
	}
	modSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text.mod)), nil
	})
	return fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", v.Path, v.Version, zipSum, v.Path, v.Version, modSum), err
}

// Zip returns the zip of a module version, with the same bytes every time.
func Zip(name, version string, files map[string][]byte) ([]byte, error) {
	var list []modzip.File
	for file, data := range files {
		list = append(list, memoryFile{file, data})
	}
	slices.SortFunc(list, func(a, b modzip.File) int { return cmp.Compare(a.Path(), b.Path()) })
	var out bytes.Buffer
	err := modzip.Create(&out, module.Version{Path: name, Version: version}, list)
	return out.Bytes(), err
}

// memoryFile is a file for modzip.Create.
type memoryFile struct {
	name string
	data []byte
}

func (f memoryFile) Path() string                 { return f.name }
func (f memoryFile) Lstat() (fs.FileInfo, error)  { return fileInfo(f), nil }
func (f memoryFile) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.data)), nil }

// fileInfo describes a memoryFile.
type fileInfo memoryFile

func (i fileInfo) Name() string     { return path.Base(i.name) }
func (i fileInfo) Size() int64      { return int64(len(i.data)) }
func (fileInfo) Mode() fs.FileMode  { return 0o644 }
func (fileInfo) ModTime() time.Time { return time.Time{} }
func (fileInfo) IsDir() bool        { return false }
func (fileInfo) Sys() any           { return nil }

func escape(name string) string {
	escaped, err := module.EscapePath(name)
	if err != nil {
		return name
	}
	return escaped
}

func file(v module.Version, suffix string) string {
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		version = v.Version
	}
	return escape(v.Path) + "/@v/" + version + suffix
}
