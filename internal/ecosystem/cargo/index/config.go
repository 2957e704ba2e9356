package index

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
)

// Config is the config.json of an index.
type Config struct {
	Download     string // template for the addresses of crates
	AuthRequired bool   // credentials go with every request, downloads included
}

// ParseConfig reads a config.json.
func ParseConfig(data []byte) (Config, error) {
	var c struct {
		Download     string `json:"dl"`
		AuthRequired bool   `json:"auth-required"`
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return Config{}, fmt.Errorf("is no config.json of a Cargo registry: %w", err)
	}
	u, err := url.Parse(strings.NewReplacer("{", "", "}", "").Replace(c.Download))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return Config{}, fmt.Errorf("the config.json says that crates are at %.200q; want an http or https address, without a user", c.Download)
	}
	return Config{Download: c.Download, AuthRequired: c.AuthRequired}, nil
}

// URL returns the address of a crate. Without a marker in the template it is
// TEMPLATE/CRATE/VERSION/download.
func (c Config) URL(name, version, checksum string) string {
	values := []string{
		"{crate}", name,
		"{version}", url.PathEscape(version),
		"{prefix}", crate.Prefix(name),
		"{lowerprefix}", strings.ToLower(crate.Prefix(name)),
		"{sha256-checksum}", checksum,
	}
	for i := 0; i < len(values); i += 2 {
		if strings.Contains(c.Download, values[i]) {
			return strings.NewReplacer(values...).Replace(c.Download)
		}
	}
	return c.Download + "/" + name + "/" + url.PathEscape(version) + "/download"
}
