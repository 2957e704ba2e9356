package cargo_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
	"github.com/feedctl/feedctl/internal/ecosystem/ecosystemtest"
	"github.com/feedctl/feedctl/internal/web"
)

const universe = `
-- alpha/1.0.0.toml --
[dependencies]
beta = "2"
leaf = "=1.2.3"
-- alpha/1.1.0.toml --
[dependencies]
beta = "2"
-- alpha/1.1.0.json --
{"yanked": true}
-- beta/2.0.0.toml --
[dependencies]
a = "1"
-- beta/2.1.0.toml --
[dependencies]
a = "1"
never = { version = "1", optional = true }
weak = { version = "1", optional = true }
renamed = { version = "1", package = "ab" }
[dev-dependencies]
nowhere = "9"
[target.'cfg(windows)'.dependencies]
winonly = "0.3"
[features]
default = ["std"]
std = ["weak?/std"]
-- a/1.0.0.toml --
-- a/1.0.1.toml --
-- ab/1.0.0.toml --
[build-dependencies]
abc = "0.1"
-- abc/0.1.9.toml --
-- leaf/1.2.3+meta.1.toml --
-- weak/1.0.0.toml --
[features]
std = []
-- winonly/0.3.0.toml --
`

func start(t testing.TB, archive string) ecosystem.UpstreamConfig {
	registry := cargotest.New(t, txtar.Parse([]byte(archive)))
	return upstream(registry)
}

func upstream(registry *cargotest.Registry) ecosystem.UpstreamConfig {
	return ecosystem.UpstreamConfig{
		Name: "fake", Ecosystem: "cargo", URL: registry.IndexURL(), FoundIn: "test",
		Access: web.Access{Upstream: "fake", Base: registry.URL + "/index/"},
	}
}

func TestConformance(t *testing.T) {
	f := ecosystemtest.Fixture{
		Ecosystem: cargo.Ecosystem(),
		Upstream:  func(t testing.TB) ecosystem.UpstreamConfig { return start(t, universe) },
		Stalled: func(t testing.TB) ecosystem.UpstreamConfig {
			return start(t, universe+"-- faults --\n/** always stall 0\n")
		},
		Roots:   []string{"alpha@^1.0.0", "beta[std]"},
		Unknown: "nobody-has-this",
		Hostile: []string{
			"../x", "a/../../x", "a/b/c", `a\b`, strings.Repeat("a", 300), "", "a b", "name@../../x", "x\x00y", ".hidden", "-x", "x@", "x[", "x[]", "x[a/b]", "/x", "x/",
		},
	}
	f.Refused.Name, f.Refused.Range, f.Refused.Version, f.Refused.Instead = "alpha", "^1.0.0", "1.1.0", "1.0.0"
	ecosystemtest.Run(t, f)
}
