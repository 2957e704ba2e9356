package synthetic

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
)

// cargo serves a sparse index below index/ and crates below crates/.
type cargo struct{}

func (cargo) name(i int) string                       { return plain(i) }
func (cargo) version(r int) string                    { return semantic(r) }
func (cargo) requirement(name, version string) string { return "cargo:" + name + "@=" + version }
func (cargo) upstream(base string) string             { return "sparse+" + base + "/index/" }

// cargoLine is a line of the index.
type cargoLine struct {
	Name     string              `json:"name"`
	Version  string              `json:"vers"`
	Deps     []cargoDep          `json:"deps"`
	Checksum string              `json:"cksum"`
	Features map[string][]string `json:"features"`
	Yanked   bool                `json:"yanked"`
}

type cargoDep struct {
	Name     string   `json:"name"`
	Req      string   `json:"req"`
	Features []string `json:"features"`
	Optional bool     `json:"optional"`
	Default  bool     `json:"default_features"`
	Target   *string  `json:"target"`
	Kind     string   `json:"kind"`
}

func (cargo) artifact(u *Universe, p at) []byte {
	folder := plain(p.number) + "-" + semantic(p.release) + "/"
	var toml strings.Builder
	fmt.Fprintf(&toml, "[package]\nedition = \"2021\"\nname = %q\nversion = %q\n", plain(p.number), semantic(p.release))
	for _, d := range u.dependencies(p) {
		fmt.Fprintf(&toml, "\n[dependencies.%s]\nversion = %q\n", plain(d.number), semantic(d.release))
	}
	return tarball([]part{{folder + "Cargo.toml", toml.String()}, {folder + "src/lib.rs", "/*\n" + u.text(p) + "*/\n"}})
}

func (c cargo) document(u *Universe, path, base string) (string, []byte) {
	if path == "index/config.json" {
		return "application/json", mustJSON(map[string]string{"dl": base + "/crates/{crate}/{version}"})
	}
	if rest, ok := strings.CutPrefix(path, "crates/"); ok {
		name, version, _ := strings.Cut(rest, "/")
		if p, found := u.find(name, version); found {
			return binaryType, c.artifact(u, p)
		}
		return "", nil
	}
	name := path[strings.LastIndexByte(path, '/')+1:]
	i := numberOf(name)
	if i < 0 || u.releases(i) == 0 || path != "index/"+name[:2]+"/"+name[2:4]+"/"+name {
		return "", nil
	}
	return "text/plain", c.lines(u, i)
}

func (c cargo) lines(u *Universe, i int) []byte {
	var b bytes.Buffer
	for r := range u.releases(i) {
		p := at{i, r}
		sum := u.digestsOf(p).sha256
		line := cargoLine{Name: plain(i), Version: semantic(r), Deps: []cargoDep{}, Checksum: hex.EncodeToString(sum[:]), Features: map[string][]string{}}
		for _, d := range u.dependencies(p) {
			line.Deps = append(line.Deps, cargoDep{Name: plain(d.number), Req: "^" + semantic(d.release), Features: []string{}, Default: true, Kind: "normal"})
		}
		b.Write(mustJSON(line))
		b.WriteByte('\n')
	}
	return b.Bytes()
}
