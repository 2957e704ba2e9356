package golang

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	goversion "go/version"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/sumdb"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Options of a request that is resolved.
const (
	optionZips      = "zips"
	optionToolchain = "toolchain"
	optionGo        = "go"
	optionNoSumDB   = sumdb.Option

	zipsAll   = "all"
	zipsBuild = "build"
	none      = "none"
)

// toolchainModule is where the go command downloads other releases of itself.
const toolchainModule = "golang.org/toolchain"

// options checks what was given and fills in the Go on PATH. Without one nothing
// is said of modules that need a newer Go.
func options(ctx context.Context, env ecosystem.Environment, given map[string]string) error {
	for option, allowed := range map[string][]string{optionZips: {"", zipsAll, zipsBuild}, optionNoSumDB: {"", "true", "false"}} {
		if err := oneOf(option, given[option], allowed); err != nil {
			return err
		}
	}
	if _, err := parseToolchains(given[optionToolchain]); err != nil {
		return err
	}
	switch version := strings.TrimPrefix(given[optionGo], "go"); {
	case version == none:
	case version != "":
		if !goversion.IsValid("go" + version) {
			return &ecosystem.OptionError{Ecosystem: name, Option: optionGo, Value: version, Want: "a version such as 1.26.1, or none"}
		}
		given[optionGo] = version
	default:
		given[optionGo] = localGo(ctx, env)
	}
	return ctx.Err()
}

func oneOf(option, value string, allowed []string) error {
	for _, one := range allowed {
		if value == one {
			return nil
		}
	}
	return &ecosystem.OptionError{Ecosystem: name, Option: option, Value: value, Want: strings.Join(allowed[1:], " or ")}
}

// localGo returns the version of the Go on PATH.
func localGo(ctx context.Context, env ecosystem.Environment) string {
	if env.Run == nil {
		return none
	}
	out, err := env.Run(ctx, "go", "env", "GOVERSION")
	version, _, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !goversion.IsValid(version) {
		return none
	}
	return strings.TrimPrefix(version, "go")
}

// parseToolchains reads "go1.27.1/linux-amd64,…" and returns the versions of the
// toolchain module.
func parseToolchains(text string) ([]string, error) {
	var versions []string
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		release, platform, _ := strings.Cut(one, "/")
		system, arch, ok := strings.Cut(strings.Replace(platform, "/", "-", 1), "-")
		version := "v0.0.1-" + release + "." + system + "-" + arch
		if !ok || system == "" || arch == "" || !goversion.IsValid(release) || !isCanonical(toolchainModule, version) {
			return nil, &ecosystem.OptionError{Ecosystem: name, Option: optionToolchain, Value: one, Want: "a Go release and a platform, such as go1.27.1/linux-amd64"}
		}
		versions = append(versions, version)
	}
	return versions, nil
}

// toolchains takes the toolchains that are asked for.
func (f *free) toolchains(ctx context.Context) error {
	versions, err := parseToolchains(f.request.Options[optionToolchain])
	if err != nil {
		return err
	}
	for _, version := range versions {
		v := modgraph.Version{Path: toolchainModule, Version: version}
		switch _, err := f.load(ctx, v); {
		case errors.Is(err, feed.ErrNotFound):
			f.unmet = append(f.unmet, unmet([]modgraph.Version{v}, err))
		case err != nil:
			return err
		}
		f.want(v, true)
	}
	return nil
}

// needs notes that a module wants a newer Go than its consumers have, unless the
// toolchain comes along. release is as in "go1.27.1", or empty.
func (f *free) needs(release, by string) {
	local := f.request.Options[optionGo]
	if local == "" || local == none || !goversion.IsValid(release) || goversion.Compare(release, "go"+local) <= 0 {
		return
	}
	if strings.Count(release, ".") == 1 && !strings.ContainsAny(release, "rb") {
		release += ".0" // a language version; its first release
	}
	versions, _ := parseToolchains(f.request.Options[optionToolchain])
	for _, version := range versions {
		got, _, _ := strings.Cut(strings.TrimPrefix(version, "v0.0.1-"), "-")
		got = got[:strings.LastIndexByte(got, '.')]
		if goversion.Compare(got, release) >= 0 {
			return
		}
	}
	f.notes = append(f.notes, fmt.Sprintf("%s needs %s, and the Go here is %s; where consumers have no newer one, mirror it with the option %s=%s/%s",
		cmp.Or(by, "go.work"), release, local, optionToolchain, release, f.platform()))
}

// platform is the first one that is mirrored for.
func (f *free) platform() string {
	for _, target := range f.request.Targets {
		return target.OS + "-" + target.Arch
	}
	return "linux-amd64"
}

// compareGo orders what go lines say; "" comes first.
func compareGo(a, b string) int { return goversion.Compare("go"+a, "go"+b) }

func highestGo(a, b string) string {
	if compareGo(a, b) >= 0 {
		return a
	}
	return b
}
