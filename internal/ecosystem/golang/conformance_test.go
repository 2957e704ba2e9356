package golang_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/ecosystemtest"
	"github.com/feedctl/feedctl/internal/ecosystem/golang"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/web"
)

const universe = `
-- example.com/alpha@v1.0.0/go.mod --
module example.com/alpha

go 1.21

require (
	example.com/Beta v1.0.0
	example.com/old v3.2.0+incompatible // indirect
)
-- example.com/alpha@v1.0.0/alpha.go --
package alpha
-- example.com/alpha@v1.1.0/go.mod --
module example.com/alpha

go 1.21

retract v1.1.0 // broken

require example.com/Beta v1.1.0
-- example.com/alpha@v1.1.0/alpha.go --
package alpha
-- example.com/Beta@v1.0.0/go.mod --
module example.com/Beta

go 1.20

require example.com/gamma v0.0.0-20200101000000-0123456789ab
-- example.com/Beta@v1.0.0/beta.go --
package beta
-- example.com/Beta@v1.1.0/go.mod --
module example.com/Beta
-- example.com/Beta@v1.1.0/beta.go --
package beta
-- example.com/gamma@v0.0.0-20200101000000-0123456789ab/go.mod --
module example.com/gamma

go 1.11
-- example.com/gamma@v0.0.0-20200101000000-0123456789ab/gamma.go --
package gamma
-- example.com/old@v3.2.0+incompatible/old.go --
package old
-- example.com/old@master.alias --
v3.2.0+incompatible
-- example.com/tool@v0.3.0/go.mod --
module example.com/tool

go 1.21

require example.com/alpha v1.0.0
-- example.com/tool@v0.3.0/cmd/tool/main.go --
package main

func main() {}
`

func start(t testing.TB, archive string) ecosystem.UpstreamConfig {
	registry := golangtest.New(t, txtar.Parse([]byte(archive)))
	return ecosystem.UpstreamConfig{
		Name: "fake", Ecosystem: "go", URL: registry.URL,
		Access: web.Access{Upstream: "fake", Base: registry.URL},
	}
}

func TestConformance(t *testing.T) {
	f := ecosystemtest.Fixture{
		Ecosystem: golang.Ecosystem(),
		Environ:   []string{"GOSUMDB=" + golangtest.Key},
		Upstream:  func(t testing.TB) ecosystem.UpstreamConfig { return start(t, universe) },
		Stalled: func(t testing.TB) ecosystem.UpstreamConfig {
			return start(t, universe+"-- faults --\n/** always stall 0\n")
		},
		Roots:   []string{"example.com/tool/cmd/tool", "example.com/alpha@v1.0.0", "example.com/old@master", "example.com/Beta@v1.1.0"},
		Unknown: "example.com/nobody/has/this",
		Hostile: []string{
			"", "x", "../x", "example.com/../../x", `example.com\x`, "example.com/" + strings.Repeat("a", 300), "example.com/x@", "example.com/x@../../y",
			"example.com/x y", "example.com/x\x00", "/example.com/x", "example.com/x/", "example.com/con", "example.com/x@v1/../..", "example.com/x@<", "example.com/x@none",
			"fmt", "example.com/x@a b*", "example.com/x@.", "example.com/x@<<v1", "example.com/x@>v1",
		},
	}
	f.Refused.Name, f.Refused.Range, f.Refused.Version, f.Refused.Instead = "example.com/alpha", "v1", "v1.1.0", "v1.0.0"
	ecosystemtest.Run(t, f)
}
