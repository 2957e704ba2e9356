// Package pypi mirrors distributions of Python package indexes.
//
// Terms: a distribution file is a wheel (.whl) or a source distribution (sdist); a
// target is an interpreter on a platform; the core metadata of a wheel is the
// METADATA file inside it, which the feed also keeps beside it as WHEEL.metadata
// (PEP 658), so that neither clients nor "verify" open wheels to resolve; a yanked
// file (PEP 592) is kept for those whose lock names it.
//
// Versions are chosen as "uv pip compile" and pip do (package solve), once for
// each target. Nothing of what is read is ever run.
package pypi

import (
	"context"
	"os"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/discover"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/simple"
	"github.com/feedctl/feedctl/internal/web"
)

// Ecosystem returns the Python ecosystem.
func Ecosystem() ecosystem.Ecosystem {
	return ecosystem.Ecosystem{
		Name:      lock.Ecosystem,
		Locks:     readers(lock.Locks()),
		Manifests: readers(lock.Manifests(os.LookupEnv)),
		Named:     readers(lock.Scripts()),
		Examples: ecosystem.Examples{
			Lock: "uv.lock", Requirement: "requests[socks]>=2", Name: "requests", Pattern: "types-*",
		},
		Requirement: ParseRequirement,
		PURL:        lock.ParsePURL,
		PURLType:    lock.Ecosystem,
		Options: map[string]string{
			optionPython:     "versions of Python that consumers run, comma-separated: 3.11, 3.11.7, 3.13t, pypy3.10 (default: what the feed recorded, else the interpreter on PATH)",
			optionSdist:      "source distributions: \"only-needed\" (default) where there is no wheel, with what building them needs; \"none\"; \"all\" takes them beside wheels too",
			optionNoSdist:    "no source distributions: short for --sdist none",
			optionPrerelease: "pre-releases: \"if-necessary\" (default), \"if-necessary-or-explicit\" as pip has it, \"allow\", \"disallow\"",
			optionAllFiles:   "take every file of a release that the lock lists, for whatever platform",
		},
		Switches:      []string{optionAllFiles, optionNoSdist},
		LockOptions:   true,
		Defaults:      defaults,
		Discover:      discover.Discover,
		Credentials:   discover.Credentials,
		Schemes:       []string{"file", "flat+https", "flat+http", "flat+file"},
		NewSource:     NewSource,
		Probe:         Probe,
		Resolve:       resolve,
		Merge:         mergeFacts,
		Digests:       []string{"sha256", digestMetadata},
		Digest:        Digest,
		RenderPackage: RenderPackage,
		RenderRoot:    RenderRoot,
		RootKey:       RootKey,
		Owner:         Owner,
		Inspect:       Inspect,
		Relocate:      Relocate,
		Compare:       Compare,
		Clients:       Clients,
	}
}

// Compare orders two versions as PEP 440 does. What is no version comes first.
func Compare(a, b string) int {
	v, errV := version.Parse(a)
	w, errW := version.Parse(b)
	switch {
	case errV != nil && errW != nil:
		return compareText(a, b)
	case errV != nil:
		return -1
	case errW != nil:
		return 1
	}
	return version.Compare(v, w)
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Probe asks for the page of a project that hardly any index lacks. That it is
// unknown is an answer of an index too.
func Probe(ctx context.Context, config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Probe, error) {
	index, err := simple.New(config, client)
	if err != nil {
		return ecosystem.Probe{}, err
	}
	return probe(ctx, index)
}
