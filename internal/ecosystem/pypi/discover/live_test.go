//go:build live

package discover

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// TestLive asks the clients of this machine for their default index.
func TestLive(t *testing.T) {
	env := ecosystem.Environment{Dir: t.TempDir(), Home: t.TempDir(), ReadFile: func(string) ([]byte, error) { return nil, os.ErrNotExist }}
	asked := ""
	env.Run = func(ctx context.Context, name string, args ...string) ([]byte, error) {
		asked = name
		return exec.CommandContext(ctx, name, args...).Output()
	}
	for _, client := range clients {
		if _, err := exec.LookPath(client.program); err != nil {
			t.Logf("no %s", client.program)
			continue
		}
		out, err := env.Run(t.Context(), client.program, client.args...)
		if err != nil || client.pattern.FindSubmatch(out) == nil {
			t.Errorf("%s names no default: %v", client.at, err)
		}
	}
	configs, err := Discover(t.Context(), env)
	if err != nil || len(configs) != 1 || configs[0].URL == "" {
		t.Errorf("%+v, %v", configs, err)
	}
	t.Logf("asked %s", asked)
}
