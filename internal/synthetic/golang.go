package synthetic

import (
	"fmt"
	"strings"
	"time"
)

// golang serves a module proxy. There are eight modules to a folder.
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

func (g golang) artifact(u *Universe, p at) []byte {
	folder := g.name(p.number) + "@" + g.version(p.release) + "/"
	return zipped([]part{{folder + "go.mod", g.mod(u, p)}, {folder + "doc.go", "/*\n" + u.text(p) + "*/\npackage synthetic\n"}})
}

func (g golang) document(u *Universe, path, _ string) (string, []byte) {
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
