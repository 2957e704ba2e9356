package synthetic

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// pypi serves the simple API below simple/, wheels and their core metadata below
// files/.
type pypi struct{}

func (pypi) name(i int) string                       { return plain(i) }
func (pypi) version(r int) string                    { return semantic(r) }
func (pypi) requirement(name, version string) string { return "pypi:" + name + "==" + version }
func (pypi) upstream(base string) string             { return base + "/simple/" }

// stem is what the name of a wheel starts with: "cedar_larch_1234-1.2.0".
func (pypi) stem(p at) string {
	return strings.ReplaceAll(plain(p.number), "-", "_") + "-" + semantic(p.release)
}

const wheelEnd = "-py3-none-any.whl"

func (pypi) metadata(u *Universe, p at) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Metadata-Version: 2.1\nName: %s\nVersion: %s\nSummary: A package that was made up\nRequires-Python: >=3.8\n", plain(p.number), semantic(p.release))
	for _, d := range u.dependencies(p) {
		fmt.Fprintf(&b, "Requires-Dist: %s>=%s,<2\n", plain(d.number), semantic(d.release))
	}
	return b.String() + "\n" + plain(p.number) + "\n"
}

func (y pypi) artifact(u *Universe, p at) []byte {
	info := y.stem(p) + ".dist-info/"
	parts := []part{
		{strings.ReplaceAll(plain(p.number), "-", "_") + ".py", "\"\"\"\n" + u.text(p) + "\"\"\"\n"},
		{info + "METADATA", y.metadata(u, p)},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: synthetic\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	}
	var record strings.Builder
	for _, one := range parts {
		sum := sha256.Sum256([]byte(one.text))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", one.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(one.text))
	}
	fmt.Fprintf(&record, "%sRECORD,,\n", info)
	return zipped(append(parts, part{info + "RECORD", record.String()}))
}

func (y pypi) document(u *Universe, path, base string) (string, []byte) {
	if rest, ok := strings.CutPrefix(path, "simple/"); ok {
		i := numberOf(strings.TrimSuffix(rest, "/"))
		if i < 0 || u.releases(i) == 0 {
			return "", nil
		}
		return "application/vnd.pypi.simple.v1+json", y.page(u, i, base)
	}
	file, isMetadata := strings.CutSuffix(strings.TrimPrefix(path, "files/"), ".metadata")
	stem, ok := strings.CutSuffix(file, wheelEnd)
	name, version, _ := strings.Cut(stem, "-")
	p, found := u.find(strings.ReplaceAll(name, "_", "-"), version)
	switch {
	case !ok || !found:
		return "", nil
	case isMetadata:
		return binaryType, []byte(y.metadata(u, p))
	}
	return binaryType, y.artifact(u, p)
}

func (y pypi) page(u *Universe, i int, base string) []byte {
	type object = map[string]any
	var files []object
	var versions []string
	for r := range u.releases(i) {
		p := at{i, r}
		d := u.digestsOf(p)
		core := sha256.Sum256([]byte(y.metadata(u, p)))
		files = append(files, object{
			"filename": y.stem(p) + wheelEnd, "url": base + "/files/" + y.stem(p) + wheelEnd, "size": d.size,
			"hashes": object{"sha256": hex.EncodeToString(d.sha256[:])}, "core-metadata": object{"sha256": hex.EncodeToString(core[:])},
			"requires-python": ">=3.8", "upload-time": published(r).Format(time.RFC3339),
		})
		versions = append(versions, semantic(r))
	}
	return mustJSON(object{"meta": object{"api-version": "1.1"}, "name": plain(i), "versions": versions, "files": files})
}
