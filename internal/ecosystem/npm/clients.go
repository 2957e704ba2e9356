package npm

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Clients returns configuration for the clients of the feed at layout.Base, or
// at http://HOST when the feed does not know its address, and for the web server
// in front of it.
func Clients(layout feed.Layout) []ecosystem.Snippet {
	base := cmp.Or(layout.Base, "http://HOST")
	host, prefix := "HOST", "/npm"
	if u, err := url.Parse(base); err == nil {
		host, prefix = u.Hostname(), u.EscapedPath()+"/npm"
	}
	snippets := []ecosystem.Snippet{
		{Client: "npm", File: ".npmrc", Text: npmConfig},
		{Client: "npm with a lockfile of another registry", File: ".npmrc", Text: npmReplaceConfig},
		{Client: "pnpm", File: ".npmrc", Text: pnpmConfig},
		{Client: "pnpm 11 and later", File: "pnpm-workspace.yaml", Text: pnpmWorkspace},
		{Client: "yarn 1", File: ".npmrc", Text: yarnClassicConfig},
		{Client: "yarn 2 and later", File: ".yarnrc.yml", Text: yarnConfig(base)},
		{Client: "bun", File: "bunfig.toml", Text: bunConfig},
		{Client: "every client", File: "environment", Text: environmentConfig},
	}
	if layout.Extra(extraEndpoints) {
		snippets = append(snippets, ecosystem.Snippet{Client: "corepack", File: "environment", Text: corepackConfig})
	}
	if layout.Extra(extraOfflineMirror) {
		snippets = append(snippets, ecosystem.Snippet{Client: "yarn 1 without a server", File: ".yarnrc", Text: offlineMirrorConfig})
	}
	snippets = append(snippets, serverSnippets()...)
	fill := strings.NewReplacer("{registry}", base+"/npm/", "{server}", base+"/npm", "{host}", host, "{prefix}", prefix)
	for i := range snippets {
		text := snippets[i].Text
		if layout.Base == "" && slices.Contains(fresh, snippets[i].Client) {
			text += freshNote
		}
		snippets[i].Text = fill.Replace(text)
	}
	return snippets
}

// fresh lists the clients that cannot install without a lockfile from a feed
// that does not know its own address.
var fresh = []string{"pnpm", "yarn 1", "yarn 2 and later", "bun"}

const freshNote = `# This feed has no base URL: installs from a lockfile work, installs without one
# need a feed that was written with --base-url.
`

const npmConfig = `registry={registry}
# Takes the place of any other registry= line in the project's .npmrc and of
# the one in ~/.npmrc; npm_config_registry in the environment would still win.
# A line such as @scope:registry=… wins for its scope, wherever it stands:
# remove it, or point it here:
#   @scope:registry={registry}
# A feed has no services besides packages:
audit=false
fund=false
update-notifier=false
# Keeps this address out of package-lock.json:
omit-lockfile-registry-resolved=true
`

const npmReplaceConfig = `# npm puts its registry in place of the public one in a lockfile by itself.
# When the lockfile records another host:
replace-registry-host=always
# When that registry lies below a path of its host, npm 11 and later take its
# whole address instead:
#   replace-registry-host=https://OLD-HOST/old/path
# npm 12 that still says EALLOWREMOTE sees another origin than {server}
# in the packages' addresses: use the very address the feed was written with.
`

const pnpmConfig = `registry={registry}
# Point every @scope:registry=… line here too, or remove it. With a
# packageManager field pnpm downloads itself with the ~/.npmrc alone.
`

const pnpmWorkspace = `# Optional. pnpm refuses releases younger than a day, also from a lockfile;
# the feed keeps the dates of its upstreams.
trustLockfile: true
# or: minimumReleaseAge: 0
`

const yarnClassicConfig = `registry={registry}
# yarn 1 downloads from the addresses in yarn.lock, wherever they point. Delete
# its "resolved" lines to use the feed, or replace the host in them. A registry
# line in .yarnrc wins over this one: remove it.
`

func yarnConfig(base string) string {
	text := `npmRegistryServer: "{server}"
# npmScopes entries with an npmRegistryServer of their own win for their scope:
# point them here too, or remove them.
enableTelemetry: false
# Only when releases are younger than a day, or have no date:
# npmMinimalAgeGate: 0
`
	if strings.HasPrefix(base, "http://") {
		text += "unsafeHttpWhitelist: [\"{host}\"]\n"
	}
	return text
}

const bunConfig = `[install]
registry = "{registry}"
# Entries in [install.scopes] win for their scope: point them here too. bunx reads
# ~/.bunfig.toml and the environment only. Lock entries with an address of their
# own are not redirected: empty it.
`

const environmentConfig = `# These override every file. Unset those that point elsewhere:
unset npm_config_registry NPM_CONFIG_REGISTRY YARN_REGISTRY YARN_NPM_REGISTRY_SERVER BUN_CONFIG_REGISTRY
# or set the one of your client:
export npm_config_registry={registry}
export YARN_NPM_REGISTRY_SERVER={server}
export BUN_CONFIG_REGISTRY={registry}
`

const corepackConfig = `export COREPACK_NPM_REGISTRY={server}
export COREPACK_INTEGRITY_KEYS=0   # only for releases without dist.signatures
`

const offlineMirrorConfig = `yarn-offline-mirror "/path/to/feed/npm/yarn-offline-mirror"
# Works with a lockfile only (--frozen-lockfile --offline).
`
