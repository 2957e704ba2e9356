package feed

import (
	"strings"
	"testing"
)

func TestCheckPath(t *testing.T) {
	for _, row := range []struct {
		what, path string
		ok         bool
	}{
		{"plain", "npm/express/-/express-4.18.2.tgz", true},
		{"scope", "npm/@babel/core/index.html", true},
		{"leading dot", "npm/.well-known/x", true},
		{"blank inside", "universal/a b/c", true},
		{"upper case", "npm/JSONStream/index.html", true},
		{"letters beyond ASCII", "npm/é", true},
		{"longest segment", strings.Repeat("a", 255), true},
		{"long segment", strings.Repeat("a", 256), false},
		{"long path", strings.Repeat("a/", 1000) + "a", false},
		{"nothing", "", false},
		{"absolute", "/npm/x", false},
		{"empty segment", "npm//x", false},
		{"trailing slash", "npm/", false},
		{"dot", "./npm", false},
		{"dot dot", "npm/../x", false},
		{"backslash", `npm\x`, false},
		{"drive", "c:/x", false},
		{"stream", "npm/x:y", false},
		{"question mark", "npm/x?y", false},
		{"control character", "npm/x\ty", false},
		{"no UTF-8", "npm/\xff", false},
		{"trailing dot", "npm/x./y", false},
		{"trailing blank", "npm/x ", false},
		{"device", "npm/con/index.html", false},
		{"device, upper case, suffix", "npm/Nul.tgz", false},
		{"device, blank, suffix", "npm/aux .tgz", false},
		{"no device", "npm/console", true},
	} {
		t.Run(row.what, func(t *testing.T) {
			if err := CheckPath(row.path); (err == nil) != row.ok {
				t.Errorf("CheckPath(%.60q) = %v", row.path, err)
			}
		})
	}
}
