package pypi

import (
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// ParseRequirement reads what follows "pypi:": a requirement as pip takes it
// ("requests", "requests[socks]>=2", "requests==2.32.3"), and, as elsewhere on
// feedctl's command line, "requests@2.32.3" and "requests@>=2".
func ParseRequirement(text string) (feed.Requirement, error) {
	name, wanted, ok := strings.Cut(text, "@")
	if !ok || strings.ContainsAny(wanted, ":/\\") || !endsName(name) {
		return lock.ParseRequirement(text)
	}
	wanted = strings.TrimSpace(wanted)
	if v, err := version.Parse(wanted); err == nil {
		return lock.ParseRequirement(name + "==" + v.String())
	}
	if set, err := version.ParseSpecifiers(wanted); err != nil || set.IsAny() {
		return feed.Requirement{}, fmt.Errorf("requirement %.100q: what follows @ is neither a version nor specifiers; write NAME==VERSION or NAME>=VERSION", text)
	}
	return lock.ParseRequirement(name + wanted)
}

// endsName reports whether a text is the name of a project, with or without
// extras.
func endsName(text string) bool {
	name, _, _ := strings.Cut(strings.TrimSpace(text), "[")
	return wheel.ValidName(strings.TrimSpace(name))
}

// parseRoot reads a requirement of a request.
func parseRoot(r feed.Requirement) (marker.Requirement, error) {
	return marker.ParseRequirement(r.Name + r.Range)
}

// requirementOf is a requirement as the graph shows it: name and range together
// are its text.
func requirementOf(r marker.Requirement, kind string) feed.Requirement {
	return feed.Requirement{Name: r.Name, Range: strings.TrimPrefix(r.String(), r.Name), Kind: kind}
}
