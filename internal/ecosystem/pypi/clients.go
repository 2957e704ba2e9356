package pypi

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Clients returns configuration for Python's package managers: with the feed at
// layout.Base, or at http://HOST when the feed does not know its address, and
// with a folder.
func Clients(layout feed.Layout) []ecosystem.Snippet {
	base := cmp.Or(layout.Base, "http://HOST")
	host := "HOST"
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		host = u.Host
	}
	trust := ""
	if strings.HasPrefix(base, "http://") {
		trust = "trusted-host = " + host + "\n"
	}
	fill := strings.NewReplacer("{base}", base, "{index}", base+"/"+pagesFolder, "{trust}", trust)
	snippets := []ecosystem.Snippet{
		{Client: "pip", File: "pip.conf", Text: pipConfig},
		{Client: "pip without a server", File: "command line", Text: pipFolder},
		{Client: "uv", File: "uv.toml", Text: uvConfig},
		{Client: "uv with a uv.lock", File: "command line", Text: uvLock},
		{Client: "pip or uv with a pylock.toml", File: "command line", Text: pylock751},
		{Client: "poetry", File: "command line", Text: poetryConfig},
		{Client: "pdm", File: "environment", Text: pdmConfig},
		{Client: "pipenv", File: "environment", Text: pipenvConfig},
	}
	for i := range snippets {
		snippets[i].Text = fill.Replace(snippets[i].Text)
	}
	return snippets
}

const pipConfig = `[global]
index-url = {index}
{trust}# Clear extra-index-url and find-links in every other pip.conf and in the
# environment (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS): pip would still ask them.
`

const pipFolder = `pip install --index-url file:///path/to/feed/pypi/simple/ -r requirements.txt
# Keeps what is yanked apart, which --find-links does not. What feedctl chose
# installs with no index at all, from any folder:
#   pip install -r /path/to/feed/locks/pypi/ID/requirements.TARGET.txt
#   pip install -r /path/to/feed/locks/pypi/ID/pylock.TARGET.toml     (pip 26.1 and later)
`

const uvConfig = `[[index]]
url = "{index}"
default = true
# Or UV_DEFAULT_INDEX={index}; without a server file:///path/to/feed/pypi/simple/
# Other [[tool.uv.index]] entries of a project are still asked: UV_INDEX=NAME={index}
# takes the place of one.
`

const uvLock = `feedctl relocate uv.lock --to /path/to/feed --base-url {base}
uv sync --frozen
# A uv.lock has the full addresses of its files, and --frozen takes them from there:
# relocate puts those of the feed in their place, digests as they are. Where a
# package is built from source, uv also needs UV_DEFAULT_INDEX={index}
# What feedctl chose needs no rewriting:
#   uv pip sync /path/to/feed/locks/pypi/ID/pylock.TARGET.toml
`

const pylock751 = `feedctl relocate pylock.toml --to /path/to/feed --base-url {base}
pip install -r pylock.toml     (pip 26.1 and later), or uv pip sync pylock.toml
# No setting of pip or uv replaces the addresses in a pylock.toml.
`

const poetryConfig = `poetry self add poetry-plugin-pypi-mirror
POETRY_PYPI_MIRROR_URL={index} poetry install
# The lock stays as it is. Needs a web server; poetry does not read file:// indexes.
# A project with [[tool.poetry.source]] asks these and not the plugin's mirror:
#   feedctl relocate poetry.lock --to /path/to/feed --base-url {base}
#   poetry install
`

const pdmConfig = `PDM_PYPI_URL={index} pdm sync
# The lock stays as it is. Over plain http beyond this machine also PDM_PYPI_VERIFY_SSL=false
# A lock with static URLs is taken at its word: feedctl relocate pdm.lock --to /path/to/feed --base-url {base}
`

const pipenvConfig = `PIPENV_PYPI_MIRROR={index} pipenv sync
# The lock stays as it is. PIP_INDEX_URL is ignored.
`
