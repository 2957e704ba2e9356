package wheel

import (
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

const (
	maxFilename = 255  // the longest file name of common file systems
	maxTags     = 4096 // tags that one compressed set may stand for
)

// Wheel is what the name of a wheel says.
type Wheel struct {
	Filename  string // as it was given
	Name      string // normalised (PEP 503)
	Version   version.Version
	Build     Build
	Pythons   []string // the parts of a compressed tag set, in lower case
	ABIs      []string
	Platforms []string
}

// Build is a build tag: a number and what follows it. The zero Build is none, and
// comes before all others.
type Build struct {
	Number string // decimal digits without leading zeros
	Suffix string
}

// ParseWheel reads the file name of a wheel (PEP 427, 491):
// name-version(-build)-python-abi-platform.whl. Names in upper case and with dots,
// which old wheels have, are read too.
func ParseWheel(filename string) (Wheel, error) {
	stem, ok := strings.CutSuffix(filename, ".whl")
	if !ok {
		return Wheel{}, badName(filename, "it does not end in .whl")
	}
	if why := hostile(filename); why != "" {
		return Wheel{}, badName(filename, why)
	}
	parts := strings.Split(stem, "-")
	if len(parts) != 5 && len(parts) != 6 {
		return Wheel{}, badName(filename, "want name-version(-build)-python-abi-platform.whl")
	}
	w := Wheel{Filename: filename, Name: NormalizeName(parts[0])}
	if !ValidName(parts[0]) {
		return Wheel{}, badName(filename, "it begins with no name of a project")
	}
	var err error
	if w.Version, err = version.Parse(parts[1]); err != nil {
		return Wheel{}, badName(filename, err.Error())
	}
	if len(parts) == 6 {
		if w.Build, ok = parseBuild(parts[2]); !ok {
			return Wheel{}, badName(filename, "a build tag begins with a digit")
		}
	}
	return w, w.readTags(parts[len(parts)-3:])
}

func (w *Wheel) readTags(sets []string) error {
	count := 1
	for i, target := range []*[]string{&w.Pythons, &w.ABIs, &w.Platforms} {
		*target = strings.Split(strings.ToLower(sets[i]), ".")
		for _, tag := range *target {
			if tag == "" {
				return badName(w.Filename, "a tag is empty")
			}
		}
		count *= len(*target)
	}
	if count > maxTags {
		return badName(w.Filename, fmt.Sprintf("it stands for more than %d tags", maxTags))
	}
	return nil
}

// Tags returns every tag that the wheel's compressed tag sets stand for.
func (w Wheel) Tags() []Tag {
	tags := make([]Tag, 0, len(w.Pythons)*len(w.ABIs)*len(w.Platforms))
	for _, python := range w.Pythons {
		for _, abi := range w.ABIs {
			for _, platform := range w.Platforms {
				tags = append(tags, Tag{python, abi, platform})
			}
		}
	}
	return tags
}

func parseBuild(text string) (Build, bool) {
	suffix := strings.TrimLeft(text, "0123456789")
	digits := text[:len(text)-len(suffix)]
	if digits == "" {
		return Build{}, false
	}
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		digits = "0"
	}
	return Build{digits, suffix}, true
}

// Compare orders build tags by number, then by suffix.
func (b Build) Compare(c Build) int {
	if len(b.Number) != len(c.Number) {
		return len(b.Number) - len(c.Number)
	}
	if order := strings.Compare(b.Number, c.Number); order != 0 {
		return order
	}
	return strings.Compare(b.Suffix, c.Suffix)
}

// hostile says why a name cannot be that of a file, or "".
func hostile(filename string) string {
	if len(filename) > maxFilename {
		return fmt.Sprintf("it is longer than %d bytes", maxFilename)
	}
	if filename == "" || filename[0] == '.' {
		return "it is empty or hidden"
	}
	for i := range len(filename) {
		if c := filename[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`/\:*?"<>|%#`, c) >= 0 {
			return fmt.Sprintf("the character %q is not allowed", c)
		}
	}
	return ""
}

func badName(filename, why string) error {
	if len(filename) > maxFilename {
		filename = filename[:maxFilename] + "…"
	}
	return fmt.Errorf("file name %q: %s", filename, why)
}
