package golang

import (
	"cmp"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Clients returns configuration for the go command of the feed at layout.Base, or
// at http://HOST when the feed does not know its address.
func Clients(layout feed.Layout) []ecosystem.Snippet {
	base := cmp.Or(layout.Base, "http://HOST")
	fill := strings.NewReplacer("{proxy}", base+"/go")
	snippets := []ecosystem.Snippet{
		{Client: "go", File: "shell", Text: goConfig},
		{Client: "go without the checksum database", File: "shell", Text: noDatabaseConfig},
		{Client: "go without a server", File: "shell", Text: fileConfig},
		{Client: "go in a container or in CI", File: "environment", Text: environmentConfig},
	}
	for i := range snippets {
		snippets[i].Text = fill.Replace(snippets[i].Text)
	}
	return snippets
}

const goConfig = `go env -w GOPROXY={proxy}
go env -w GOTOOLCHAIN=local
# Without ",direct": the feed has everything, and nothing else is asked.
# GOSUMDB stays as it is: the feed holds its part of the checksum database.
# Not GOPRIVATE='*': it would send the go command to version control.
`

const noDatabaseConfig = `go env -w GOPROXY={proxy}
go env -w GOTOOLCHAIN=local
# For a feed that was mirrored with --no-sumdb:
go env -w GONOSUMDB='*'
# go.sum is still checked. For single private modules name only these:
#   go env -w GONOSUMDB=corp.example/*
`

const fileConfig = `go env -w GOPROXY=file:///path/to/feed/go
go env -w GOTOOLCHAIN=local
`

const environmentConfig = `export GOPROXY={proxy}
export GOTOOLCHAIN=local
# The go command keeps the newest head of the checksum database that it has seen.
# "checking tree … 404" says that it has one of another feed: remove the file
# $(go env GOPATH)/pkg/sumdb/sum.golang.org/latest
`
