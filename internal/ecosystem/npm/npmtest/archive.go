package npmtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// packageText is one package as the archive describes it.
type packageText struct {
	name     string
	order    []string // versions in the archive's order
	versions map[string]*versionText
	tags     []byte
	times    []byte
	raw      []byte // a packument to serve as it is
}

type versionText struct {
	fields  []rawjson.Member // of package.json, without name, version and dist
	files   map[string][]byte
	given   []rawjson.Member // members of the dist that the archive gives
	path    string           // of the tarball's address, when the archive gives one
	tarball []byte
}

var place = regexp.MustCompile(`^((?:@[^/]+/)?[^/@][^/]*)/(?:(tags|time|packument)\.json|([^/]+?)(?:\.json|/(.+)))$`)

// read takes an archive apart.
func read(archive *txtar.Archive) (packages map[string]*packageText, faults string, err error) {
	packages = map[string]*packageText{}
	for _, file := range archive.Files {
		if file.Name == "faults" {
			faults += string(file.Data)
			continue
		}
		parts := place.FindStringSubmatch(file.Name)
		if parts == nil {
			return nil, "", fmt.Errorf("npmtest: %s: want NAME/VERSION.json, NAME/VERSION/FILE, NAME/tags.json, NAME/time.json or NAME/packument.json", file.Name)
		}
		p := packages[parts[1]]
		if p == nil {
			p = &packageText{name: parts[1], versions: map[string]*versionText{}}
			packages[p.name] = p
		}
		if err := p.add(parts[2], parts[3], parts[4], file.Data); err != nil {
			return nil, "", fmt.Errorf("npmtest: %s: %w", file.Name, err)
		}
	}
	for _, p := range packages {
		if err := p.pack(); err != nil {
			return nil, "", err
		}
	}
	return packages, faults, nil
}

func (p *packageText) add(kind, version, file string, data []byte) error {
	switch kind {
	case "tags":
		p.tags = data
		return nil
	case "time":
		p.times = data
		return nil
	case "packument":
		p.raw = data
		return nil
	}
	v := p.versions[version]
	if v == nil {
		v = &versionText{files: map[string][]byte{}}
		p.versions[version] = v
		p.order = append(p.order, version)
	}
	if file != "" {
		v.files[file] = data
		return nil
	}
	members, err := rawjson.Members(data)
	for _, m := range members {
		switch m.Key {
		case "dist":
			if v.given, err = rawjson.Members(m.Value); err != nil {
				return err
			}
		case "name", "version":
		default:
			v.fields = append(v.fields, m)
		}
	}
	return err
}

// pack makes the tarballs.
func (p *packageText) pack() (err error) {
	for version, v := range p.versions {
		if _, own := v.files["package.json"]; !own {
			v.files["package.json"] = append(p.manifest(version, nil), '\n')
		}
		if v.tarball, err = Tarball("package", v.files); err != nil {
			return err
		}
		for _, m := range v.given {
			if text, ok := rawjson.String(m.Value); ok && m.Key == "tarball" {
				v.path = urlPath(text)
			}
		}
	}
	return nil
}

func urlPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Path
}

// manifest returns the package.json of a version, or with a dist the registry's
// form of it.
func (p *packageText) manifest(version string, dist []byte) []byte {
	members := []rawjson.Member{{Key: "name", Value: quote(p.name)}, {Key: "version", Value: quote(version)}}
	members = append(members, p.versions[version].fields...)
	if dist != nil {
		members = append(members, rawjson.Member{Key: "dist", Value: dist})
	}
	return object(members)
}

func (p *packageText) packument(registry string) []byte {
	if p.raw != nil {
		return p.raw
	}
	var versions []rawjson.Member
	for _, version := range p.order {
		manifest := p.manifest(version, p.distOf(registry, version))
		versions = append(versions, rawjson.Member{Key: version, Value: manifest})
	}
	tags := p.tags
	if tags == nil {
		tags = object([]rawjson.Member{{Key: "latest", Value: quote(p.order[len(p.order)-1])}})
	}
	return object([]rawjson.Member{
		{Key: "_id", Value: quote(p.name)},
		{Key: "name", Value: quote(p.name)},
		{Key: "dist-tags", Value: tags},
		{Key: "versions", Value: object(versions)},
		{Key: "time", Value: p.timeText()},
		{Key: "readme", Value: quote("# " + p.name)},
	})
}

func (p *packageText) distOf(registry, version string) []byte {
	v := p.versions[version]
	strong, weak := sha512.Sum512(v.tarball), sha1.Sum(v.tarball)
	return object(merge([]rawjson.Member{
		{Key: "integrity", Value: quote("sha512-" + base64.StdEncoding.EncodeToString(strong[:]))},
		{Key: "shasum", Value: quote(hex.EncodeToString(weak[:]))},
		{Key: "tarball", Value: quote(registry + "/" + p.name + "/-/" + tarballName(p.name, version))},
	}, v.given))
}

// timeText returns the dates: an hour apart, from the start of 2020.
func (p *packageText) timeText() []byte {
	at := func(hours int) []byte {
		return quote(time.Date(2020, 1, 1, hours, 0, 0, 0, time.UTC).Format("2006-01-02T15:04:05.000Z"))
	}
	times := []rawjson.Member{{Key: "created", Value: at(0)}, {Key: "modified", Value: at(len(p.order))}}
	for i, version := range p.order {
		times = append(times, rawjson.Member{Key: version, Value: at(i)})
	}
	given, err := rawjson.Members(p.times)
	if len(p.times) > 0 && err != nil {
		return p.times // for tests of broken documents
	}
	return object(merge(times, given))
}

// merge returns base with the values of given; null takes a member away.
func merge(base, given []rawjson.Member) []rawjson.Member {
	for _, m := range given {
		at := slices.IndexFunc(base, func(b rawjson.Member) bool { return b.Key == m.Key })
		switch {
		case at < 0:
			base = append(base, m)
		case string(m.Value) == "null":
			base = slices.Delete(base, at, at+1)
		default:
			base[at] = m
		}
	}
	return base
}

func object(members []rawjson.Member) []byte {
	parts := make([]string, len(members))
	for i, m := range members {
		parts[i] = string(quote(m.Key)) + ":" + string(m.Value)
	}
	return []byte("{" + strings.Join(parts, ",") + "}")
}

func quote(text string) []byte {
	quoted, _ := json.Marshal(text)
	return quoted
}

// Tarball returns a gzip'd tar archive of the files, below one folder and with
// the same bytes every time.
func Tarball(top string, files map[string][]byte) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: top + "/" + name, Mode: 0o644, Size: int64(len(files[name])),
			ModTime: time.Date(1985, 10, 26, 8, 15, 0, 0, time.UTC), Format: tar.FormatUSTAR,
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(files[name]); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
