package config

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/web"
)

const head = `# feedctl.yaml: what feedctl mirrors, from where, and into which folder.
# Flags and FEEDCTL_* variables count before this file. It holds no secrets.

to: ./feed                       # folder of the feed
# base_url: https://feed.example # address at which that folder is served
# inputs: [.]                    # lockfiles, folders, lists, packages
# platforms: [linux/amd64]       # keep the files of these platforms only; default: all
`

const middle = `
# Upstreams are asked in this order. "Not found" alone moves on to the next one,
# and the first that knows a name answers for all its versions. Names that match
# an include are asked of that upstream only.
upstreams:
`

const none = `# - name: main
#   ecosystem: %s
#   url: https://registry.example/
#   include: ["@acme/*"]
#   credentials: {env: REGISTRY_TOKEN}   # the variable's name, never the token
`

// Template returns a commented feedctl.yaml with the given upstreams, which
// "feedctl init" has found. Credentials are not written: the file refers to the
// package manager's own settings. The text is a valid configuration.
func Template(upstreams []ecosystem.UpstreamConfig) ([]byte, error) {
	var b strings.Builder
	b.WriteString(head)
	if len(upstreams) == 0 {
		b.WriteString(strings.Replace(middle, "upstreams:\n", "# upstreams:\n", 1))
		fmt.Fprintf(&b, none, all.Ecosystems()[0].Name)
		return []byte(b.String()), nil
	}
	b.WriteString(middle)
	for _, u := range upstreams {
		if err := writeUpstream(&b, u); err != nil {
			return nil, err
		}
	}
	return []byte(b.String()), nil
}

func writeUpstream(b *strings.Builder, u ecosystem.UpstreamConfig) error {
	if web.Redact(u.URL) != u.URL && !u.Feed {
		return fmt.Errorf("upstream %q: the address %s holds more than scheme, host and path; it is not written to a file", u.Name, web.Redact(u.URL))
	}
	fmt.Fprintf(b, "  - name: %s\n", quote(u.Name))
	fmt.Fprintf(b, "    ecosystem: %s\n", quote(u.Ecosystem))
	key := "url"
	if u.Feed {
		key = "feed"
	}
	fmt.Fprintf(b, "    %s: %s", key, quote(u.URL))
	if u.FoundIn != "" {
		fmt.Fprintf(b, "   # found in %s", comment(u.FoundIn))
	}
	b.WriteByte('\n')
	writeList(b, "include", u.Include)
	writeList(b, "exclude", u.Exclude)
	if u.Disabled {
		b.WriteString("    enabled: false\n")
	}
	access := u.Access
	switch {
	case access.Authorization != "" || access.CertFile != "" || len(access.CA) > 0 || len(access.CAFiles) > 1:
		b.WriteString("    credentials: {client: true}   # these and authorities are read from the package manager's own settings at each run\n")
	case len(access.CAFiles) == 1:
		fmt.Fprintf(b, "    ca: %s\n", quoteAlways(access.CAFiles[0]))
	}
	return nil
}

func writeList(b *strings.Builder, key string, elements []string) {
	if len(elements) == 0 {
		return
	}
	quoted := make([]string, len(elements))
	for i, element := range elements {
		quoted[i] = quoteAlways(element)
	}
	fmt.Fprintf(b, "    %s: [%s]\n", key, strings.Join(quoted, ", "))
}

var plainText = regexp.MustCompile(`^(https?://)?[a-z][A-Za-z0-9._/:-]*[A-Za-z0-9/]$`)

// quote writes a text so that YAML reads it back.
func quote(text string) string {
	if plainText.MatchString(text) && !strings.HasSuffix(text, ":") && text != "true" && text != "false" && text != "null" && text != "yes" && text != "no" {
		return text
	}
	return quoteAlways(text)
}

// quoteAlways uses JSON's quotes, which YAML reads alike. A "${" would be
// replaced when the file is read, and no address or name has one.
func quoteAlways(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(data)
}

// comment keeps a text within its line.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
}
