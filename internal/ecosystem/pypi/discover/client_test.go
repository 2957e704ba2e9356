package discover

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// TestFromClient asks the programs in turn until one tells a default.
func TestFromClient(t *testing.T) {
	const printing, helping, uv = "python3 -I -c", "python3 -m pip", "uv help pip"
	const help = "  -i, --index-url <url>  Base URL (default https://default.test/simple). Further"
	for _, row := range []struct {
		what string
		says map[string]string // by how a command begins
		want string            // address, or "" for an error
	}{
		{"pip prints it", map[string]string{printing: "https://default.test/simple\n"}, "https://default.test/simple"},
		{"pip keeps it elsewhere", map[string]string{helping: help}, "https://default.test/simple"},
		{"something else is printed", map[string]string{printing: "None\n", helping: help}, "https://default.test/simple"},
		{"a warning is printed too", map[string]string{printing: "warning\nhttps://wrong.test/simple\n", helping: help}, "https://default.test/simple"},
		{"uv alone", map[string]string{uv: "--default-index <URL>\n The default: https://uv.test/simple"}, "https://uv.test/simple"},
		{"nothing", nil, ""},
	} {
		env := ecosystem.Environment{Run: func(_ context.Context, name string, args ...string) ([]byte, error) {
			line := strings.Join(append([]string{name}, args...), " ")
			for begins, out := range row.says {
				if strings.HasPrefix(line, begins) {
					return []byte(out), nil
				}
			}
			return nil, errors.New("no such program")
		}}
		got, err := fromClient(t.Context(), env)
		if got.address != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%s: %q, %v; want %q", row.what, got.address, err, row.want)
		}
	}
}
