package cargo

import (
	"cmp"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Clients returns configuration for Cargo: with the feed at layout.Base, or at
// http://HOST when the feed does not know its address, and with a folder.
func Clients(layout feed.Layout) []ecosystem.Snippet {
	base := cmp.Or(layout.Base, "http://HOST")
	note := ""
	if layout.Base == "" {
		note = noBaseNote
	}
	fill := strings.NewReplacer("{index}", "sparse+"+base+"/"+folder+"index/", "{others}", "sparse+"+base+"/"+others, "{note}", note)
	snippets := []ecosystem.Snippet{
		{Client: "cargo", File: ".cargo/config.toml", Text: sparseConfig},
		{Client: "cargo without a server, or before 1.68", File: ".cargo/config.toml", Text: localConfig},
		{Client: "cargo, one command", File: "command line", Text: commandConfig},
		{Client: "cargo, another registry", File: ".cargo/config.toml", Text: otherConfig},
	}
	if layout.Extra(extraVendor) {
		snippets = append(snippets, ecosystem.Snippet{Client: "cargo with vendored sources", File: ".cargo/config.toml", Text: vendorConfig})
	}
	for i := range snippets {
		snippets[i].Text = fill.Replace(snippets[i].Text)
	}
	return snippets
}

const noBaseNote = `# This feed has no base URL, and Cargo needs one: write the feed with --base-url,
# or set it with feedctl rebase.
`

const sparseConfig = `{note}[source.crates-io]
replace-with = "feed"

[source.feed]
registry = "{index}"
# Stays configured for --offline builds too. Environment variables cannot say this.
# Build with --locked: Cargo may choose other versions from a feed that holds more
# than one project's crates.
`

const localConfig = `[source.crates-io]
replace-with = "feed"

[source.feed]
local-registry = "/path/to/feed/cargo"
`

const vendorConfig = `[source.crates-io]
replace-with = "feed"

[source.feed]
directory = "/path/to/feed/cargo/vendor"
`

const commandConfig = `cargo --config 'source.crates-io.replace-with="feed"' --config 'source.feed.registry="{index}"' fetch --locked
# cargo vendor needs --respect-source-config; cargo info and search: --registry crates-io
`

const otherConfig = `# One feed folder for each registry; NAME is that of its folder in cargo/registries.
# The dependencies in Cargo.toml and Cargo.lock stay as they are.
{note}[source.NAME]
registry = "THE-REGISTRY'S-OWN-INDEX"
replace-with = "feed-NAME"

[source.feed-NAME]
registry = "{others}NAME/index/"
# or: local-registry = "/path/to/feed/cargo/registries/NAME"
`
