package discover

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

func homeWith(t *testing.T, npmrc string) ecosystem.Environment {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".npmrc"), []byte(npmrc), 0o600); err != nil {
		t.Fatal(err)
	}
	return ecosystem.Environment{Dir: t.TempDir(), Home: home, ReadFile: os.ReadFile}
}

func TestAccess(t *testing.T) {
	env := homeWith(t, "//a.test/npm/:_authToken=tok-a\n//b.test/:_authToken=${NONE}\nregistry=https://c.test\n_auth=dG9r")
	for name, test := range map[string]struct{ address, auth, base, at, err string }{
		"bound":           {"https://a.test/npm", "Bearer tok-a", "https://a.test/npm/", "~/.npmrc:1", ""},
		"outside":         {"https://a.test/", "", "https://a.test/", "", ""},
		"not set":         {"https://b.test/", "", "", "", `upstream "x": the credentials at ~/.npmrc:2 use ${NONE}, which is not set`},
		"bare stays away": {"https://d.test/", "", "https://d.test/", "", ""},
		"no address":      {"nonsense", "", "", "", `upstream "x": the address: the registry "nonsense" is not an http or https address`},
	} {
		t.Run(name, func(t *testing.T) {
			access, at, err := Access(env, "x", test.address)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil || string(access.Authorization) != test.auth || access.Base != test.base || at != test.at || access.Upstream != "x" {
				t.Errorf("%q to %q, found %q, %v", string(access.Authorization), access.Base, at, err)
			}
		})
	}
}

func TestAccessKnowsThePlaceOfBareCredentials(t *testing.T) {
	env := homeWith(t, "registry=https://c.test\n_auth=dG9r")
	access, _, err := Access(env, "x", "https://c.test/")
	if err != nil || string(access.Authorization) != "Basic dG9r" {
		t.Errorf("%q, %v", string(access.Authorization), err)
	}
}

func TestDiscoverCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	env := homeWith(t, "")
	env.Run = func(ctx context.Context, _ string, _ ...string) ([]byte, error) {
		cancel()
		return nil, ctx.Err()
	}
	if _, err := Discover(ctx, env); err != context.Canceled { //nolint:errorlint // nothing around it
		t.Errorf("got %v", err)
	}
}

func TestDiscoverUnreadableSettings(t *testing.T) {
	env := homeWith(t, "")
	env.ReadFile = func(path string) ([]byte, error) {
		if strings.HasSuffix(path, ".npmrc") {
			return nil, &os.PathError{Op: "open", Path: path, Err: errors.New("no permission")}
		}
		return nil, os.ErrNotExist
	}
	if _, err := Discover(t.Context(), env); err == nil || !strings.Contains(err.Error(), "no permission") {
		t.Errorf("got %v", err)
	}
}

// TestDiscoverStartsNothing: npm is asked only when nothing else names a registry.
func TestDiscoverStartsNothing(t *testing.T) {
	env := homeWith(t, "registry=https://c.test/")
	env.Run = func(context.Context, string, ...string) ([]byte, error) {
		t.Error("a program was started")
		return nil, nil
	}
	if _, err := Discover(t.Context(), env); err != nil {
		t.Error(err)
	}
}
