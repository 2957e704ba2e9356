package cargotest

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
)

// release is one release as the archive describes it.
type release struct {
	name, version string
	tail          []byte
	members       []byte
	files         map[string][]byte
}

func (r *release) add(kind, file string, data []byte) {
	switch kind {
	case "toml":
		r.tail = data
	case "json":
		r.members = data
	default:
		r.files[file] = data
	}
}

// pack makes the crate file and the index line.
func (r *release) pack() (packed, line []byte, err error) {
	if r.files["Cargo.toml"] == nil {
		head := "[package]\nname = \"" + r.name + "\"\nversion = \"" + r.version + "\"\nedition = \"2021\"\n"
		r.files["Cargo.toml"] = append([]byte(head), r.tail...)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(r.files)), func(name string) bool { return strings.HasPrefix(name, "src/") }) {
		r.files["src/lib.rs"] = nil
	}
	if packed, err = Crate(r.name, r.version, r.files); err != nil {
		return nil, nil, err
	}
	line, err = r.line(packed)
	return packed, line, err
}

// Crate makes a crate file. The same files give the same bytes.
func Crate(name, version string, files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.NoCompression) // compression differs between versions of Go
	if err != nil {
		return nil, err
	}
	archive := tar.NewWriter(z)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{
			Name: name + "-" + version + "/" + file, Mode: 0o644, Size: int64(len(files[file])),
			ModTime: time.Date(2006, 7, 24, 1, 21, 28, 0, time.UTC), Typeflag: tar.TypeReg, Format: tar.FormatGNU,
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(files[file]); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// line is an index line in the order that registries write it.
type line struct {
	Name      string              `json:"name"`
	Version   string              `json:"vers"`
	Deps      []dependency        `json:"deps"`
	Checksum  string              `json:"cksum"`
	Features  map[string][]string `json:"features"`
	Yanked    bool                `json:"yanked"`
	Links     *string             `json:"links"`
	Rust      string              `json:"rust_version,omitempty"`
	Features2 map[string][]string `json:"features2,omitempty"`
	Schema    int                 `json:"v,omitempty"`
}

type dependency struct {
	Name     string   `json:"name"`
	Req      string   `json:"req"`
	Features []string `json:"features"`
	Optional bool     `json:"optional"`
	Default  bool     `json:"default_features"`
	Target   *string  `json:"target"`
	Kind     string   `json:"kind"`
	Package  string   `json:"package,omitempty"`
}

func (r *release) line(packed []byte) ([]byte, error) {
	p, err := manifest.ParsePackaged(r.files["Cargo.toml"])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(packed)
	l := line{Name: r.name, Version: r.version, Deps: []dependency{}, Checksum: hex.EncodeToString(sum[:]), Features: map[string][]string{}}
	for name, values := range p.Features {
		if slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, "dep:") || strings.Contains(v, "?/") }) {
			l.Schema = 2
			if l.Features2 == nil {
				l.Features2 = map[string][]string{}
			}
			l.Features2[name] = values
		} else {
			l.Features[name] = values
		}
	}
	for _, d := range p.Dependencies {
		one := dependency{
			Name: cmp.Or(d.Alias, d.Name), Req: requirement(d.Range), Features: d.Features, Optional: d.Optional, Default: d.DefaultFeatures,
			Kind: cmp.Or(d.Kind, "normal"),
		}
		if one.Features == nil {
			one.Features = []string{}
		}
		if d.Alias != "" {
			one.Package = d.Name
		}
		if d.Target != "" {
			one.Target = &d.Target
		}
		l.Deps = append(l.Deps, one)
	}
	l.Links, l.Rust = p.Links, p.RustVersion
	return r.replaced(l)
}

// requirement writes out the caret, as cargo does when it publishes.
func requirement(text string) string {
	if text == "" {
		return "*"
	}
	if text[0] >= '0' && text[0] <= '9' && !strings.Contains(text, "*") {
		return "^" + text
	}
	return text
}

// replaced is the line with the members that the archive gives.
func (r *release) replaced(l line) ([]byte, error) {
	text, err := json.Marshal(l)
	if err != nil || len(bytes.TrimSpace(r.members)) == 0 {
		return text, err
	}
	var members, given map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(r.members, &given); err != nil {
		return nil, err
	}
	maps.Copy(members, given)
	return json.Marshal(members)
}
