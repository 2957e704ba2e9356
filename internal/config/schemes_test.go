package config

import (
	"fmt"
	"testing"
)

// TestSchemes: an ecosystem's own kinds of addresses, and no other's.
func TestSchemes(t *testing.T) {
	for url, ecosystems := range map[string]map[string]bool{
		"https://a.test/x":          {"cargo": true, "go": true, "npm": true, "pypi": true},
		"sparse+https://a.test/x/":  {"cargo": true, "go": false, "npm": false},
		"file:///srv/x":             {"cargo": true, "go": true, "npm": false},
		"flat+file:///srv/x":        {"pypi": true, "go": false},
		"file://other.test/srv":     {"go": false},
		"file:":                     {"go": false},
		"ftp://a.test/x":            {"cargo": false, "go": false, "npm": false, "pypi": false},
		"sparse+https://u:p@a.test": {"cargo": false},
	} {
		for ecosystem, accepted := range ecosystems {
			file := fmt.Sprintf("upstreams:\n  - {name: one, ecosystem: %s, url: %q}\n", ecosystem, url)
			if _, err := (setup{file: file}).load(t); (err == nil) != accepted {
				t.Errorf("%s for %s: %v", url, ecosystem, err)
			}
		}
	}
}
