package synthetic

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// npm serves packuments and tarballs. Every sixth package is in a scope.
type npm struct{}

func (npm) name(i int) string {
	if i%6 == 5 {
		return "@" + words[i/6%16] + "/" + plain(i)
	}
	return plain(i)
}

func (npm) version(r int) string                    { return semantic(r) }
func (npm) requirement(name, version string) string { return "npm:" + name + "@" + version }
func (npm) upstream(base string) string             { return base }

// npmManifest is a package.json; with Dist it is the registry's form of it.
type npmManifest struct {
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	Description  string            `json:"description"`
	Main         string            `json:"main"`
	Keywords     []string          `json:"keywords"`
	License      string            `json:"license"`
	Homepage     string            `json:"homepage"`
	Scripts      map[string]string `json:"scripts"`
	Engines      map[string]string `json:"engines"`
	Dependencies map[string]string `json:"dependencies,omitempty"`
	Dist         *npmDist          `json:"dist,omitempty"`
}

type npmDist struct {
	Integrity string `json:"integrity"`
	Shasum    string `json:"shasum"`
	Tarball   string `json:"tarball"`
	Size      int    `json:"unpackedSize"`
}

func (n npm) manifest(u *Universe, p at) npmManifest {
	m := npmManifest{
		Name: n.name(p.number), Version: semantic(p.release), Main: "index.js", License: "MIT",
		Description: "A package that was made up, number " + plain(p.number) + " of many, to see how cost grows",
		Keywords:    []string{words[p.number%16], words[p.number/16%16], "synthetic"},
		Homepage:    "https://packages.example/" + plain(p.number),
		Scripts:     map[string]string{"test": "node --test", "lint": "eslint ."},
		Engines:     map[string]string{"node": ">=18"},
	}
	for _, d := range u.dependencies(p) {
		if m.Dependencies == nil {
			m.Dependencies = map[string]string{}
		}
		m.Dependencies[n.name(d.number)] = "^" + semantic(d.release)
	}
	return m
}

func (n npm) artifact(u *Universe, p at) []byte {
	return tarball([]part{{"package/package.json", string(mustJSON(n.manifest(u, p)))}, {"package/index.js", "/*\n" + u.text(p) + "*/\n"}})
}

func (n npm) document(u *Universe, path, base string) (string, []byte) {
	name, file, isFile := strings.Cut(path, "/-/")
	i := numberOf(name[strings.LastIndexByte(name, '/')+1:])
	if i < 0 || n.name(i) != name || u.releases(i) == 0 {
		return "", nil
	}
	if !isFile {
		return "application/json", n.packument(u, i, base)
	}
	version, ok := strings.CutPrefix(strings.TrimSuffix(file, ".tgz"), plain(i)+"-")
	p, found := u.find(plain(i), version)
	if !ok || !found {
		return "", nil
	}
	return binaryType, n.artifact(u, p)
}

func (n npm) packument(u *Universe, i int, base string) []byte {
	name := n.name(i)
	versions, times := map[string]npmManifest{}, map[string]string{}
	last := ""
	for r := range u.releases(i) {
		p := at{i, r}
		d := u.digestsOf(p)
		m := n.manifest(u, p)
		m.Dist = &npmDist{
			Integrity: "sha512-" + base64.StdEncoding.EncodeToString(d.sha512[:]), Shasum: hex.EncodeToString(d.sha1[:]),
			Tarball: base + "/" + name + "/-/" + plain(i) + "-" + m.Version + ".tgz", Size: d.size,
		}
		versions[m.Version], last = m, m.Version
		times[m.Version] = published(r).Format(time.RFC3339)
	}
	return mustJSON(map[string]any{"_id": name, "name": name, "dist-tags": map[string]string{"latest": last}, "versions": versions, "time": times})
}

// mustJSON is for values that always are JSON.
func mustJSON(value any) []byte {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return data
}
