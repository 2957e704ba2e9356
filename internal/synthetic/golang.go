package synthetic

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/dirhash"
)

// golang serves a module proxy, and below sumdb/ a checksum database. There are
// eight modules to a folder.
type golang struct{}

func (golang) name(i int) string {
	return fmt.Sprintf("synthetic.test/%s%d/%s", words[i/8%16], i/8, plain(i))
}
func (golang) version(r int) string                    { return "v" + semantic(r) }
func (golang) requirement(name, version string) string { return "go:" + name + "@" + version }
func (golang) upstream(base string) string             { return base }

func (g golang) mod(u *Universe, p at) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n\ngo 1.21\n", g.name(p.number))
	if all := u.dependencies(p); len(all) > 0 {
		b.WriteString("\nrequire (\n")
		for _, d := range all {
			fmt.Fprintf(&b, "\t%s %s\n", g.name(d.number), g.version(d.release))
		}
		b.WriteString(")\n")
	}
	return b.String()
}

func (g golang) artifact(u *Universe, p at) []byte { return zipped(g.parts(u, p)) }

func (g golang) parts(u *Universe, p at) []part {
	folder := g.name(p.number) + "@" + g.version(p.release) + "/"
	return []part{{folder + "go.mod", g.mod(u, p)}, {folder + "doc.go", "/*\n" + u.text(p) + "*/\npackage synthetic\n"}}
}

// sums are the lines of go.sum for a release.
func (g golang) sums(u *Universe, p at) string {
	name, version := g.name(p.number), g.version(p.release)
	zip, mod := hash1(g.parts(u, p)), hash1([]part{{"go.mod", g.mod(u, p)}})
	return fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", name, version, zip, name, version, mod)
}

// hash1 is the hash of go.sum over files.
func hash1(parts []part) string {
	texts := map[string]string{}
	for _, one := range parts {
		texts[one.name] = one.text
	}
	return must(dirhash.Hash1(slices.Collect(maps.Keys(texts)), func(name string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(texts[name])), nil
	}))
}

func (g golang) document(u *Universe, path, _ string) (string, []byte) {
	if rest, ok := strings.CutPrefix(path, "sumdb/"+checksumName+"/"); ok {
		return u.checksums().document(rest)
	}
	name, file, ok := strings.Cut(path, "/@")
	i := numberOf(name[strings.LastIndexByte(name, '/')+1:])
	if !ok || i < 0 || g.name(i) != name || u.releases(i) == 0 {
		return "", nil
	}
	newest := u.releases(i) - 1
	switch file {
	case "latest":
		return "application/json", g.info(newest)
	case "v/list":
		var b strings.Builder
		for r := range newest + 1 {
			b.WriteString(g.version(r) + "\n")
		}
		return "text/plain", []byte(b.String())
	}
	return g.file(u, i, strings.TrimPrefix(file, "v/v"))
}

// file is one of the files of a version: "1.2.0.mod".
func (g golang) file(u *Universe, i int, file string) (string, []byte) {
	dot := strings.LastIndexByte(file, '.')
	if dot < 0 {
		return "", nil
	}
	p, found := u.find(plain(i), file[:dot])
	if !found {
		return "", nil
	}
	switch file[dot:] {
	case ".info":
		return "application/json", g.info(p.release)
	case ".mod":
		return "text/plain", []byte(g.mod(u, p))
	case ".zip":
		return binaryType, g.artifact(u, p)
	}
	return "", nil
}

func (g golang) info(r int) []byte {
	return fmt.Appendf(nil, `{"Version":%q,"Time":%q}`, g.version(r), published(r).Format(time.RFC3339))
}
