//go:build live

package modgraph

import "testing"

// public are main modules over modules that the machine's go command can get.
var public = map[string]universe{
	"cloud": {main: map[string]string{"m": `module m.test
go 1.24.0
require (
	k8s.io/client-go v0.34.0
	google.golang.org/grpc v1.75.0
	go.opentelemetry.io/otel/sdk v1.38.0
)
`}},
	"viper": {main: map[string]string{"m": "module m.test\ngo 1.22\nrequire github.com/spf13/viper v1.19.0\n"}},
	"old": {main: map[string]string{"m": `module m.test
go 1.16
require (
	github.com/spf13/cobra v1.8.1
	golang.org/x/tools v0.30.0
	github.com/prometheus/client_golang v1.20.0 // indirect
	golang.org/x/sys v0.1.0
)
`}},
	"no go line": {main: map[string]string{"m": "module m.test\nrequire github.com/hashicorp/hcl/v2 v2.23.0\n"}},
	"replace and exclude": {main: map[string]string{"m": `module m.test
go 1.23.0
toolchain go1.25.1
require (
	github.com/docker/docker v27.1.1+incompatible
	github.com/gin-gonic/gin v1.10.0
	github.com/gin-gonic/gin v1.9.1
	github.com/sirupsen/logrus v1.9.3
	gopkg.in/yaml.v2 v2.4.0
)
exclude (
	golang.org/x/sys v0.20.0
	golang.org/x/net v0.25.0
	github.com/stretchr/testify v1.9.0
)
replace (
	github.com/sirupsen/logrus => github.com/sirupsen/logrus v1.8.1
	gopkg.in/yaml.v2 => github.com/goccy/go-yaml v1.11.0
	golang.org/x/text v0.15.0 => golang.org/x/text v0.14.0
	github.com/json-iterator/go => ../jsoniter
)
`}, mods: map[Version]string{
		{Path: "../jsoniter"}: "module github.com/json-iterator/go\ngo 1.16\nrequire github.com/google/gofuzz v1.2.0\n",
	}},
	"workspace": {work: "go 1.24.0\nuse ./m\nuse ./n\nreplace golang.org/x/sys => golang.org/x/sys v0.31.0\n", main: map[string]string{
		"m": `module m.test
go 1.24.0
require (
	github.com/spf13/viper v1.19.0
	go.uber.org/zap v1.27.0
)
exclude go.uber.org/multierr v1.9.0
`,
		"n": `module n.test
go 1.17
require (
	github.com/spf13/viper v1.18.0
	github.com/hashicorp/consul/api v1.28.2
	google.golang.org/grpc v1.60.0
)
`,
	}},
	"tools": {main: map[string]string{"m": `module m.test
go 1.24.0
tool golang.org/x/tools/cmd/stringer
tool github.com/golangci/misspell/cmd/misspell
require (
	golang.org/x/tools v0.33.0 // indirect
	github.com/golangci/misspell v0.7.0 // indirect
)
`}},
}

// TestPublicAsGo compares real module sets with the go command.
func TestPublicAsGo(t *testing.T) {
	for name, u := range public {
		t.Run(name, func(t *testing.T) {
			p := lay(t, u)
			p.env = []string{"GOSUMDB=off"}
			p.compare(t)
		})
	}
}
