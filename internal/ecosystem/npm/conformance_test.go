package npm_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/ecosystemtest"
	"github.com/feedctl/feedctl/internal/ecosystem/npm"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/npmtest"
	"github.com/feedctl/feedctl/internal/web"
)

const universe = `
-- alpha/1.0.0.json --
{"dependencies": {"@s/beta": "^2.0.0", "JSONThing": "1"}, "bin": "cli.js"}
-- alpha/1.1.0.json --
{"deprecated": "use 1.0", "dependencies": {"@s/beta": "^2.0.0"}}
-- alpha/tags.json --
{"latest": "1.1.0"}
-- @s/beta/2.0.0.json --
{"peerDependencies": {"alpha": "1"}, "optionalDependencies": {"native-linux": "1", "native-gone": "1"}}
-- @s/beta/2.1.0.json --
{"dependencies": {"gamma.js": "npm:gamma.js@1"}, "optionalDependencies": {"native-linux": "1"}}
-- gamma.js/1.0.0.json --
{"scripts": {"postinstall": "node x.js"}}
-- native-linux/1.0.0.json --
{"os": ["linux"], "cpu": ["x64"]}
-- JSONThing/1.0.0.json --
{}
`

func start(t testing.TB, archive string) ecosystem.UpstreamConfig {
	registry := npmtest.New(t, txtar.Parse([]byte(archive)))
	return ecosystem.UpstreamConfig{
		Name: "fake", Ecosystem: "npm", URL: registry.URL,
		Access: web.Access{Upstream: "fake", Base: registry.URL},
	}
}

func TestConformance(t *testing.T) {
	f := ecosystemtest.Fixture{
		Ecosystem: npm.Ecosystem(),
		Upstream:  func(t testing.TB) ecosystem.UpstreamConfig { return start(t, universe) },
		Stalled: func(t testing.TB) ecosystem.UpstreamConfig {
			return start(t, universe+"-- faults --\n/** always stall 0\n")
		},
		Roots:   []string{"alpha@^1.0.0", "@s/beta@2.1.0"},
		Unknown: "nobody-has-this",
		Hostile: []string{
			"../x", "a/../../x", "CON", `a\b`, strings.Repeat("a", 300), "@scope/..", "", "a b", "name@../../x", "x\x00y", ".hidden", "@/x", "@s/",
		},
	}
	f.Refused.Name, f.Refused.Range, f.Refused.Version, f.Refused.Instead = "alpha", "^1.0.0", "1.1.0", "1.0.0"
	ecosystemtest.Run(t, f)
}
