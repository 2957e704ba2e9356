package pypi_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/ecosystemtest"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pypitest"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// conformant is an index with most of what there is: extras, markers, wheels for
// platforms, a package that has to be built, yanked releases, a local version.
const conformant = `
-- page --
core-metadata yes
-- alpha@1.0/METADATA --
Requires-Dist: beta>=1
Requires-Dist: gamma; sys_platform == "win32"
Provides-Extra: fast
Requires-Dist: localver==1.0+cpu.1; extra == "fast"
-- alpha@1.1/METADATA --
Requires-Dist: beta>=1
-- alpha@1.1.options --
yanked broken <build> & "more"
-- alpha@2.0/METADATA --
Requires-Python: >=3.99
-- beta@1.0/METADATA --
-- beta@1.2/METADATA --
Requires-Dist: Odd.Name>=0.5
-- beta@1.2/beta-1.2-cp311-cp311-manylinux_2_17_x86_64.whl --
-- beta@1.2/beta-1.2-cp311-cp311-win_amd64.whl --
-- beta@1.2/beta-1.2.tar.gz --
-- beta@2.0rc1/METADATA --
-- gamma@1.0/METADATA --
-- localver@1.0+cpu.1/METADATA --
-- Odd.Name@0.9/METADATA --
Metadata-Version: 2.2
-- Odd.Name@0.9/pyproject.toml --
[build-system]
requires = ["backend>=1"]
build-backend = "backend"
-- Odd.Name@0.9/Odd.Name-0.9.tar.gz --
-- backend@1.0/METADATA --
Requires-Dist: backend-core
-- backend-core@0.1/METADATA --
`

func upstream(registry *pypitest.Registry) ecosystem.UpstreamConfig {
	return ecosystem.UpstreamConfig{
		Name: "fake", Ecosystem: "pypi", URL: registry.Index(), FoundIn: "test",
		Access: web.Access{Upstream: "fake", Base: registry.URL + "/"},
	}
}

func start(t testing.TB, archive string) ecosystem.UpstreamConfig {
	return upstream(pypitest.New(t, txtar.Parse([]byte(archive))))
}

// forOneTarget is the ecosystem with a target in the place of the one that the
// core would give.
func forOneTarget() ecosystem.Ecosystem {
	e := pypi.Ecosystem()
	resolve := e.Resolve
	e.Resolve = func(ctx context.Context, request feed.Request, index ecosystem.Index) (feed.Graph, error) {
		options := map[string]string{"python": "3.11"}
		maps.Copy(options, request.Options)
		request.Options, request.Targets = options, []feed.Target{{OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.28"}}
		return resolve(ctx, request, index)
	}
	return e
}

func TestConformance(t *testing.T) {
	f := ecosystemtest.Fixture{
		Ecosystem: forOneTarget(),
		Upstream:  func(t testing.TB) ecosystem.UpstreamConfig { return start(t, conformant) },
		Stalled: func(t testing.TB) ecosystem.UpstreamConfig {
			return start(t, conformant+"-- faults --\n/** always stall 0\n")
		},
		Roots:   []string{"alpha[fast]", "beta>=1.2"},
		Unknown: "nobody-has-this",
		Hostile: []string{
			"../x", "a/../../x", "a/b/c", `a\b`, "", "a b", "name@../../x", "x\x00y", ".hidden", "-x", "x@", "x[", "x[a/b]", "/x", "x/",
			"x @ https://packages.test/x.whl", "git+https://packages.test/x.git", "x@^1", "x==", "x; nonsense == '1'", strings.Repeat("a", 1<<20),
		},
	}
	f.Refused.Name, f.Refused.Range, f.Refused.Version, f.Refused.Instead = "alpha", ">=1", "1.1", "1.0"
	ecosystemtest.Run(t, f)
}
