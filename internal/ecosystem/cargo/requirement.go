package cargo

import (
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/pkg/feed"
)

// ParseRequirement reads what follows "cargo:": "serde", "serde@1",
// "tokio@1[full,rt]", "tokio[full]", "REGISTRY/serde@1". A whole version means
// exactly that one, as "cargo install" takes it, also when it was yanked;
// anything else is a requirement as in Cargo.toml. The features stay behind the
// range; "-default" among them leaves the default features out.
func ParseRequirement(text string) (feed.Requirement, error) {
	fail := func(what string) (feed.Requirement, error) {
		return feed.Requirement{}, fmt.Errorf("cargo: %.100q: %s; write CRATE, CRATE@VERSION or CRATE@VERSION[FEATURE,…]", text, what)
	}
	rest, list, hasList := strings.Cut(text, "[")
	name, version, hasVersion := strings.Cut(rest, "@")
	if _, _, ok := crate.Split(name); !ok {
		return fail("no name of a crate")
	}
	version = strings.TrimSpace(version)
	switch {
	case hasVersion && version == "" && !hasList:
		return fail("no version after @")
	case crate.ValidVersion(version):
		version = "=" + version
	case version == "latest":
		version = ""
	}
	if _, err := crate.ParseRange(version); err != nil || len(version) > maxRange || strings.ContainsAny(version, "/\\|\n\r\t\x00") {
		return fail("no version requirement")
	}
	if !hasList {
		return feed.Requirement{Name: name, Range: version}, nil
	}
	list, ok := strings.CutSuffix(list, "]")
	features := strings.Split(list, ",")
	for i, feature := range features {
		features[i] = strings.TrimSpace(feature)
		if !crate.ValidFeature(features[i]) {
			return fail(fmt.Sprintf("%.100q is no feature", feature))
		}
	}
	if !ok {
		return fail("no ] after the features")
	}
	slices.Sort(features)
	return feed.Requirement{Name: name, Range: version + "[" + strings.Join(slices.Compact(features), ",") + "]"}, nil
}

// maxRange is the longest version requirement, in bytes.
const maxRange = 400

// noDefault is written among features to leave the default ones out.
const noDefault = "-default"

// cutFeatures splits the range of a requirement from the features behind it.
func cutFeatures(text string) (version string, features []string, defaults bool) {
	version, list, ok := strings.Cut(strings.TrimSuffix(text, "]"), "[")
	if !ok {
		return text, nil, true
	}
	features = strings.Split(list, ",")
	defaults = !slices.Contains(features, noDefault)
	return version, slices.DeleteFunc(features, func(f string) bool { return f == noDefault }), defaults
}

// exact returns the version that a range pins, or "".
func exact(version string) string {
	if pinned, ok := strings.CutPrefix(strings.TrimSpace(version), "="); ok {
		if pinned = strings.TrimSpace(pinned); crate.ValidVersion(pinned) {
			return pinned
		}
	}
	return ""
}

// ParsePURL reads a package URL: pkg:cargo/serde@1.0.200. A namespace is not part
// of the type.
func ParsePURL(namespace, name, version string) (feed.Requirement, error) {
	if namespace != "" {
		return feed.Requirement{}, fmt.Errorf("cargo: package URL of %.100q: crates have no namespace", name)
	}
	if !crate.Valid(name) {
		return feed.Requirement{}, fmt.Errorf("cargo: package URL: %.100q is no name of a crate", name)
	}
	if version == "" {
		return feed.Requirement{Name: name}, nil
	}
	if !crate.ValidVersion(version) {
		return feed.Requirement{}, fmt.Errorf("cargo: package URL of %s: %.100q is no version", name, version)
	}
	return feed.Requirement{Name: name, Range: "=" + version}, nil
}

// featureText is what cutFeatures cuts.
func featureText(features []string, defaults bool) string {
	if !defaults {
		features = append([]string{noDefault}, features...)
	}
	if len(features) == 0 {
		return ""
	}
	return "[" + strings.Join(features, ",") + "]"
}
