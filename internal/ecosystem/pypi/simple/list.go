package simple

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// list collects the files of one project.
type list struct {
	project string // normal form
	flat    bool   // files of other projects are nothing to tell of
	out     *Project
	files   *packer
	wheels  alike
	others  string // a file of another project, if there is one
}

// newList collects files into p. count is about how many there will be.
func newList(p *Project, flat bool, count int) *list {
	return &list{project: p.Name, flat: flat, out: p, files: newPacker(count)}
}

// finish gives the project its files. It returns how many files were met, those
// that were skipped among them.
func (l *list) finish() int {
	l.out.files = l.files.finish()
	return len(l.files.marks) + len(l.out.Skipped)
}

// maxFiles is how many files a page may list.
const maxFiles = 500_000

// add puts a link among the files or the skipped ones.
func (l *list) add(one *link) {
	if one.name == "" || hasEnding(one.name, beside) {
		return
	}
	file := one.file
	file.Name, file.URL, file.path = one.name, one.url, one.path
	why, legacy, other := l.parse(&file)
	switch {
	case other:
		if l.others == "" {
			l.others = clip(one.name)
		}
		if l.flat {
			return
		}
	case why == "" && one.bad != "":
		why = fmt.Sprintf("file name %q: %s", clip(one.name), one.bad)
	case why == "":
		l.files.add(&file)
		return
	}
	l.out.Skipped = append(l.out.Skipped, Skipped{Name: printable(one.name), Reason: why, Legacy: legacy && isPlain(one.name)})
}

// printable is a file name as people are shown it: in quotes where it holds what
// no file name should.
func printable(name string) string {
	if name = clip(name); isPlain(name) {
		return name
	}
	return strconv.Quote(name)
}

// parse reads the file name. A file that is no candidate has a reason; it may be
// of a legacy form, or of another project.
func (l *list) parse(file *File) (why string, legacy, other bool) {
	switch {
	case wheel.IsWheel(file.Name):
		if known, ok := l.wheels.version(file.Name); ok {
			file.Version = known
			return "", false, false
		}
		parsed, err := wheel.ParseWheel(file.Name)
		if err != nil {
			mine := l.begins(file.Name)
			return err.Error(), mine, !mine
		}
		if parsed.Name != l.project {
			return fmt.Sprintf("file name %q: a wheel of %s", clip(file.Name), clip(parsed.Name)), false, true
		}
		file.Version = parsed.Version
		l.wheels.learn(file.Name)
	case wheel.IsSdist(file.Name):
		parsed, err := wheel.ParseSdist(file.Name, l.project)
		if err != nil {
			mine := l.begins(file.Name)
			return err.Error(), mine, !mine
		}
		file.Version = parsed.Version
	default:
		mine := l.begins(file.Name)
		return fmt.Sprintf("file name %q: neither a wheel nor a source distribution", clip(file.Name)), mine && hasEnding(file.Name, oldEndings), !mine
	}
	return "", false, false
}

// versionOf reads the version out of the name of a file of a project.
func versionOf(name, project string) (version.Version, error) {
	if wheel.IsWheel(name) {
		parsed, err := wheel.ParseWheel(name)
		return parsed.Version, err
	}
	parsed, err := wheel.ParseSdist(name, project)
	return parsed.Version, err
}

// begins reports whether a file name begins with the project's name.
func (l *list) begins(name string) bool {
	normal := wheel.NormalizeName(clip(name))
	return strings.HasPrefix(normal, l.project+"-")
}

// anyMine reports whether a file of the project itself was skipped.
func (l *list) anyMine() bool {
	for _, one := range l.out.Skipped {
		if l.begins(one.Name) {
			return true
		}
	}
	return false
}
