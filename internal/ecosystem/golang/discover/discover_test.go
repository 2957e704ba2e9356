package discover

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// environment is a machine: variables, files and what go answers.
func environment(environ []string, files map[string]string, answer string) ecosystem.Environment {
	return ecosystem.Environment{
		Home: "/home/u", Environ: environ,
		ReadFile: func(path string) ([]byte, error) {
			text, ok := files[path]
			if !ok {
				return nil, fs.ErrNotExist
			}
			if text == "unreadable" {
				return nil, errors.New("permission denied")
			}
			return []byte(text), nil
		},
		Run: func(_ context.Context, name string, args ...string) ([]byte, error) {
			if command := name + " " + strings.Join(args, " "); answer == "" || command != "go env -json GOPROXY GONOPROXY GOPRIVATE" {
				return nil, errors.New("no such program")
			}
			return []byte(answer), nil
		},
	}
}

// drawn writes upstreams as "NAME URL [-EXCLUDE]… | FOUND IN | USER:PASSWORD".
func drawn(configs []ecosystem.UpstreamConfig) []string {
	var lines []string
	for _, c := range configs {
		line := c.Name + " " + c.URL
		for _, pattern := range c.Exclude {
			line += " -" + pattern
		}
		line += " | " + c.FoundIn
		if token := strings.TrimPrefix(string(c.Access.Authorization), "Basic "); token != "" {
			plain, _ := base64.StdEncoding.DecodeString(token)
			line += " | " + string(plain)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestDiscover(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("the file of go env lies elsewhere")
	}
	const direct = "; direct is not followed: version control is no upstream"
	for _, row := range []struct {
		what    string
		environ []string
		files   map[string]string
		answer  string
		want    []string
		err     string
	}{
		{
			what: "environment", environ: []string{"GOPROXY=https://a.test/go/,https://b.test,direct"},
			want: []string{"go https://a.test/go | GOPROXY in the environment" + direct, "go-2 https://b.test | GOPROXY in the environment" + direct},
		},
		{
			what: "file of go env", files: map[string]string{"/home/u/.config/go/env": "# x\nGOPROXY=https://a.test\nGOFLAGS=-x\n"},
			want: []string{"go https://a.test | GOPROXY in ~/.config/go/env"},
		},
		{
			what: "environment wins", environ: []string{"GOPROXY=https://a.test"}, files: map[string]string{"/home/u/.config/go/env": "GOPROXY=https://b.test\nGOPRIVATE=x.test\n"},
			want: []string{"go https://a.test -x.test -x.test/* | GOPROXY in the environment; modules that match GOPRIVATE=x.test come from version control and are not mirrored"},
		},
		{
			what: "GOENV", environ: []string{"GOENV=/etc/goenv"}, files: map[string]string{"/etc/goenv": "GOPROXY=https://a.test"},
			want: []string{"go https://a.test | GOPROXY in /etc/goenv"},
		},
		{
			what: "GOENV=off asks go", environ: []string{"GOENV=off"}, files: map[string]string{"/home/u/.config/go/env": "GOPROXY=https://b.test"},
			answer: `{"GOPROXY":"https://a.test,direct","GONOPROXY":"","GOPRIVATE":""}`, want: []string{"go https://a.test | go env GOPROXY" + direct},
		},
		{
			what: "XDG", environ: []string{"XDG_CONFIG_HOME=/x"}, files: map[string]string{"/x/go/env": "GOPROXY=https://a.test"},
			want: []string{"go https://a.test | GOPROXY in /x/go/env"},
		},
		{
			what: "pipe", environ: []string{"GOPROXY=https://a.test|https://b.test"},
			want: []string{
				`go https://a.test | GOPROXY in the environment; "|" is read as ",": only "not found" leads on to the next proxy`,
				`go-2 https://b.test | GOPROXY in the environment; "|" is read as ",": only "not found" leads on to the next proxy`,
			},
		},
		{
			what: "direct and off end the list", environ: []string{"GOPROXY=https://a.test,off,https://b.test"},
			want: []string{"go https://a.test | GOPROXY in the environment"},
		},
		{
			what: "GONOPROXY before GOPRIVATE", environ: []string{"GOPROXY=https://a.test", "GOPRIVATE=p.test", "GONOPROXY=*.corp.test,n.test/x/"},
			want: []string{"go https://a.test -*.corp.test -*.corp.test/* -n.test/x -n.test/x/* | GOPROXY in the environment; modules that match GONOPROXY=*.corp.test,n.test/x/ come from version control and are not mirrored"},
		},
		{
			what: "GONOPROXY=none", environ: []string{"GOPROXY=https://a.test", "GOPRIVATE=p.test", "GONOPROXY=none"},
			want: []string{"go https://a.test | GOPROXY in the environment"},
		},
		{
			what: "folder", environ: []string{"GOPROXY=file:///srv/proxy"},
			want: []string{"go file:///srv/proxy | GOPROXY in the environment"},
		},
		{
			what: "credentials in the address", environ: []string{"GOPROXY=https://me:t0psecret@a.test/go"},
			want: []string{"go https://a.test/go | GOPROXY in the environment, with the credentials in the address | me:t0psecret"},
		},
		{
			what: "netrc", environ: []string{"GOPROXY=https://a.test/go,http://a.test"}, files: map[string]string{"/home/u/.netrc": "machine a.test login me password t0psecret"},
			want: []string{"go https://a.test/go | GOPROXY in the environment, with credentials of ~/.netrc | me:t0psecret", "go-2 http://a.test | GOPROXY in the environment"},
		},
		{
			what: "no netrc wanted", environ: []string{"GOPROXY=https://a.test", "GOAUTH=off"}, files: map[string]string{"/home/u/.netrc": "machine a.test login me password t0psecret"},
			want: []string{"go https://a.test | GOPROXY in the environment"},
		},
		{what: "only direct", environ: []string{"GOPROXY=direct"}, err: "names no proxy (direct)"},
		{what: "nothing anywhere", err: "go env: no such program"},
		{what: "go answers nonsense", answer: "GOPROXY=x", err: "not the JSON that -json gives"},
		{what: "no scheme", environ: []string{"GOPROXY=a.test"}, err: "GOPROXY in the environment: a.test is no address of a module proxy"},
		{what: "secret in a bad address", environ: []string{"GOPROXY=ftp://me:t0psecret@a.test"}, err: "ftp://a.test is no address"},
		{what: "noproxy", environ: []string{"GOPROXY=noproxy"}, err: "write direct"},
		{what: "unreadable settings", files: map[string]string{"/home/u/.config/go/env": "unreadable"}, err: "permission denied"},
		{what: "unreadable netrc", environ: []string{"GOPROXY=https://a.test"}, files: map[string]string{"/home/u/.netrc": "unreadable"}, err: "permission denied"},
	} {
		t.Run(row.what, func(t *testing.T) {
			configs, err := Discover(t.Context(), environment(row.environ, row.files, row.answer))
			if row.err == "" && err != nil || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err) || strings.Contains(err.Error(), "t0psecret")) {
				t.Fatalf("error %v, want %q", err, row.err)
			}
			if diff := cmp.Diff(row.want, drawn(configs)); diff != "" {
				t.Error(diff)
			}
			for _, c := range configs {
				if c.Ecosystem != "go" || c.Access.Base != c.URL || c.Access.Upstream != c.Name {
					t.Errorf("%+v", c)
				}
			}
		})
	}
}

func TestDiscoverCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Discover(ctx, environment(nil, nil, "")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCredentials(t *testing.T) {
	files := map[string]string{"/n": "machine a.test login me password one\nmachine b.test:8443 login b password three\n"}
	for _, row := range []struct {
		address string
		want    web.Secret
		foundIn string
	}{
		{"https://a.test/go", basic("me", "one"), "/n"},
		{"https://A.test:8443/go", basic("me", "one"), "/n"},
		{"https://b.test:8443", basic("b", "three"), "/n"},
		{"https://b.test", "", ""},
		{"http://a.test", "", ""},
		{"file:///a.test", "", ""},
		{"%", "", ""},
	} {
		config := ecosystem.UpstreamConfig{Name: "x", URL: row.address}
		access, foundIn, err := Credentials(environment([]string{"NETRC=/n"}, files, ""), config)
		if err != nil || string(access.Authorization) != string(row.want) || foundIn != row.foundIn || access.Upstream != "x" || access.Base != row.address {
			t.Errorf("%s: %+v, %q, %v", row.address, access, foundIn, err)
		}
	}
}
