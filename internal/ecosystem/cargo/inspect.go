package cargo

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
	"github.com/feedctl/feedctl/pkg/feed"
)

// DifferenceError says that a crate file from before Cargo wrote manifests out in
// full does not agree with its index line. Registries have such releases, and
// clients go by the line, so it is a warning.
type DifferenceError struct {
	Path      string // of the crate file
	Got, Want string
}

func (e *DifferenceError) Error() string {
	return e.Path + ": got " + e.Got + ", want " + e.Want + "; clients go by the index line"
}

// Warning reports that the finding does not condemn the crate file.
func (e *DifferenceError) Warning() bool { return true }

// Inspect checks that a crate file is what Cargo takes for the release: a gzip'd
// tar archive of regular files below CRATE-VERSION/, whose Cargo.toml has the
// name and version, and the features and dependencies that the index line
// announces. Anything else is a *feed.IntegrityError, or a *[DifferenceError].
func Inspect(r io.Reader, name string, release feed.Release, file feed.File) error {
	return crateLimits.inspect(r, name, release, file)
}

func (l limits) inspect(r io.Reader, name string, release feed.Release, file feed.File) error {
	_, base, err := checkKey(name, release.Version)
	if err != nil {
		return err
	}
	line, err := index.Decode(release.Metadata)
	if err != nil {
		return fmt.Errorf("cargo: %s@%s: index line in the ledger: %w", name, release.Version, err)
	}
	var p packed
	err = l.walk(r, base+"-"+release.Version, func(path string, size int64, content io.Reader) (err error) {
		switch path {
		case manifest.FileName:
			p.manifest, err = l.readText(path, size, content) // of several Cargo takes the last
		case manifest.FileName + ".orig":
			p.full = true
		}
		return err
	})
	if err == nil {
		err = p.compare(base, line)
	}
	if wrong := (*formatError)(nil); errors.As(err, &wrong) {
		return &feed.IntegrityError{Path: file.Path, Got: wrong.got, Want: wrong.want}
	}
	if differs := (*DifferenceError)(nil); errors.As(err, &differs) {
		differs.Path = file.Path
		return differs
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file.Path, err)
	}
	return nil
}

// packed is what an inspection finds in a crate file.
type packed struct {
	manifest []byte // nil until it is found
	full     bool   // Cargo wrote the manifest out, and kept the author's beside it
}

// compare holds the Cargo.toml of a crate against its index line.
func (p packed) compare(base string, line index.Line) error {
	if p.manifest == nil {
		return wrongFormat("a Cargo.toml", "none")
	}
	inside, err := manifest.ParsePackaged(p.manifest)
	if err != nil {
		return wrongFormat("a Cargo.toml", "one that cannot be read: %v", err)
	}
	if inside.Name != base || inside.Version != line.Version {
		return wrongFormat(fmt.Sprintf("%q, version %q", base, line.Version), "a Cargo.toml of %.100q, version %.100q", inside.Name, inside.Version)
	}
	err = disagreement(inside, line)
	if wrong := (*formatError)(nil); errors.As(err, &wrong) && !p.full {
		return &DifferenceError{Got: wrong.got, Want: wrong.want}
	}
	return err
}

// disagreement is a *formatError that names the first difference.
func disagreement(inside manifest.Packaged, line index.Line) error {
	if missing, extra := difference(featureTexts(line.Features), featureTexts(inside.Features)); missing+extra != "" {
		return differs("feature", missing, extra)
	}
	if missing, extra := difference(announcedTexts(line.Dependencies), packagedTexts(inside.Dependencies)); missing+extra != "" {
		return differs("dependency", missing, extra)
	}
	return nil
}

// difference returns the first text that only one of two sets has.
func difference(a, b []string) (onlyA, onlyB string) {
	return firstOnly(a, b), firstOnly(b, a)
}

func firstOnly(a, b []string) string {
	known := map[string]bool{}
	for _, text := range b {
		known[text] = true
	}
	slices.Sort(a)
	for _, text := range a {
		if !known[text] {
			return text
		}
	}
	return ""
}

func differs(what, missing, extra string) error {
	if missing == "" {
		return wrongFormat("a Cargo.toml that agrees with the index line", "the %s %.300s, which the index line does not have", what, extra)
	}
	if extra == "" {
		return wrongFormat("the "+what+" "+missing+", as the index line has it", "a Cargo.toml without")
	}
	return wrongFormat(fmt.Sprintf("the %s %.300s, as the index line has it", what, missing), "%.300s in Cargo.toml", extra)
}

func featureTexts(features map[string][]string) []string {
	texts := make([]string, 0, len(features))
	for name, values := range features {
		texts = append(texts, name+" = ["+setText(values)+"]")
	}
	return texts
}

// setText is a list whose order and repetitions mean nothing.
func setText(values []string) string {
	values = slices.Clone(values)
	slices.Sort(values)
	return strings.Join(slices.Compact(values), ", ")
}

func announcedTexts(all []index.Dependency) []string {
	texts := make([]string, 0, len(all))
	for _, d := range all {
		texts = append(texts, dependencyText(d.Kind, d.Target, d.Name, d.Crate(), d.Requirement, d.Features, d.Optional, d.DefaultFeatures))
	}
	return texts
}

func packagedTexts(all []manifest.Dependency) []string {
	texts := make([]string, 0, len(all))
	for _, d := range all {
		alias := d.Alias
		if alias == "" {
			alias = d.Name
		}
		texts = append(texts, dependencyText(d.Kind, d.Target, alias, d.Name, d.Range, d.Features, d.Optional, d.DefaultFeatures))
	}
	return texts
}

// dependencyText is a dependency in a form in which two spellings of the same
// are equal.
func dependencyText(kind, target, alias, name, requirement string, features []string, optional, defaults bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", name, requirementText(requirement))
	if alias != name {
		b.WriteString(" as " + alias)
	}
	if kind != "" {
		b.WriteString(" (" + kind + ")")
	}
	if target != "" {
		b.WriteString(" for " + strings.ReplaceAll(strings.Join(strings.Fields(target), ""), ",)", ")"))
	}
	if optional {
		b.WriteString(" optional")
	}
	if !defaults {
		b.WriteString(" without defaults")
	}
	return b.String() + " [" + setText(features) + "]"
}

// requirementText writes a requirement in one spelling: with the caret that a
// bare version stands for, and without the wildcards that mean nothing.
func requirementText(text string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.Join(strings.Fields(text), ""), ",") {
		version := strings.TrimLeft(part, "<>=~^")
		operator := part[:len(part)-len(version)]
		number := version
		for _, wildcard := range []string{".*", ".x", ".X"} {
			number = strings.ReplaceAll(number, wildcard, "")
		}
		if number != version && (operator == "" || operator == "^" && number == "0") {
			operator, number = "", number+".*"
		} else if operator == "" && version != "" && version != "*" {
			operator = "^"
		}
		if part != "" {
			parts = append(parts, operator+number)
		}
	}
	if len(parts) == 0 {
		return "*"
	}
	return strings.Join(parts, ",")
}
