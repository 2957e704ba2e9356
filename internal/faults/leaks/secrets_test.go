package leaks

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/golangtest"
	"github.com/feedctl/feedctl/internal/ecosystem/registrytest"
	"github.com/feedctl/feedctl/internal/faults/faulttest"
)

// secret is what is planted. Nothing else has such a text.
const secret = "pl4ntedS3cretT0ken"

// spellings are the forms that give it away.
func spellings() []string {
	all := []string{secret, url.QueryEscape(secret)}
	for _, text := range []string{secret, "ann:" + secret, ":" + secret} {
		all = append(all, base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text)))
	}
	return all
}

// behaviours of the upstream, and of the settings, beside working as they should.
var behaviours = []string{
	"401", "403 that repeats the credentials", "500 that repeats the credentials", "redirect to another host", "captive portal",
	"certificate that is not trusted", "settings that do not parse", "settings that cannot be read",
}

// TestSecrets plants a secret in every place that feedctl reads them from, runs
// every command, and looks for it in all that they write.
func TestSecrets(t *testing.T) {
	if testing.Short() {
		t.Skip("many commands take time")
	}
	byEcosystem := map[string][]place{}
	for _, p := range places() {
		byEcosystem[p.ecosystem] = append(byEcosystem[p.ecosystem], p)
	}
	var ran tally
	t.Run("places", func(t *testing.T) {
		for _, ecosystem := range slices.Sorted(maps.Keys(byEcosystem)) {
			t.Run(ecosystem, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, ecosystem, &ran)
				for i, p := range byEcosystem[ecosystem] {
					t.Run(p.name, func(t *testing.T) { b.place(t, p, i) })
				}
			})
		}
	})
	t.Log(&ran)
}

// tally counts commands by what the upstream did.
type tally struct {
	sync.Mutex
	commands, bytes map[string]int
}

func (c *tally) add(behaviour string, commands, bytes int) {
	c.Lock()
	defer c.Unlock()
	if c.commands == nil {
		c.commands, c.bytes = map[string]int{}, map[string]int{}
	}
	c.commands[behaviour] += commands
	c.bytes[behaviour] += bytes
}

func (c *tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d places\n\n| upstream or settings | commands run | bytes searched |\n|---|---|---|\n", len(places()))
	for _, one := range slices.Sorted(maps.Keys(c.commands)) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", one, c.commands[one], c.bytes[one])
	}
	return b.String()
}

// bench is an upstream of one ecosystem, over http and https.
type bench struct {
	plain, secure *registrytest.Server
	other         *registrytest.Server
	ecosystem     string
	authority     string // PEM file that makes the secure one trusted
	ran           *tally
}

func newBench(t *testing.T, ecosystem string, ran *tally) *bench {
	t.Helper()
	world, err := faulttest.NewWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	b := &bench{plain: world.Servers[ecosystem], ecosystem: ecosystem, ran: ran}
	b.secure = registrytest.StartTLS(b.plain)
	t.Cleanup(b.secure.Close)
	b.other = registrytest.New(t, http.NotFoundHandler())
	b.authority = filepath.Join(t.TempDir(), "authority.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.secure.Certificate().Raw})
	if err := os.WriteFile(b.authority, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// place tries one place: with an upstream that works, and in the short form with
// two that do not, in turns.
func (b *bench) place(t *testing.T, p place, i int) {
	b.try(t, p, "works")
	for n, behaviour := range behaviours {
		isSlow := strings.HasPrefix(behaviour, "500")
		if isLong || !isSlow && (i+n)%4 == 0 {
			b.try(t, p, behaviour)
		}
	}
}

var isLong = os.Getenv("FEEDCTL_FAULTS") == "long"

// try runs the commands in a world of their own.
func (b *bench) try(t *testing.T, p place, behaviour string) {
	t.Helper()
	dir := t.TempDir()
	env := b.settle(t, p, dir, behaviour)
	for _, server := range []*registrytest.Server{b.plain, b.secure} {
		server.Heal()
		server.Forget()
		if fault := b.fault(behaviour); fault != nil {
			server.Fail("*", -1, fault)
		}
	}
	defer b.plain.Heal()
	said := &output{}
	all := commands(p, behaviour)
	if !isLong && len(all) > 5 {
		turn := len(p.name) % 4
		all = append(all[:3], all[3+3*turn:min(6+3*turn, len(all))]...)
	}
	for _, args := range all {
		said.run(t, dir, env, args)
	}
	b.ran.add(behaviour, len(all), b.search(t, dir, said))
	if behaviour == "works" && !p.refused && !b.wasTold() {
		t.Errorf("the secret was not used at all, so this proves nothing: %s", said.text.String())
	}
	for _, request := range b.other.Requests() {
		if request.Header.Get("Authorization") != "" || strings.Contains(fmt.Sprint(request), secret) {
			t.Errorf("%s: another host was told %v", behaviour, request)
		}
	}
	b.other.Forget()
}

// settle writes the settings of a place into a folder and returns the environment.
func (b *bench) settle(t *testing.T, p place, dir, behaviour string) []string {
	t.Helper()
	server := b.plain
	if p.tls || strings.HasPrefix(behaviour, "certificate") && b.ecosystem == "go" {
		server = b.secure
	}
	address := server.URL
	if strings.HasPrefix(behaviour, "certificate") {
		address = b.secure.URL
	}
	host := address[strings.Index(address, "//")+2:]
	fill := strings.NewReplacer("{{tok}}", secret, "{{tok64}}", base64.StdEncoding.EncodeToString([]byte(secret)),
		"{{b64}}", base64.StdEncoding.EncodeToString([]byte("ann:"+secret)), "{{url}}", address, "{{host}}", host)
	write := func(name, text string, mode os.FileMode) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(fill.Replace(text)), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range p.files {
		switch behaviour {
		case "settings that do not parse":
			text += "\n\"{{tok}}\n= [ {{tok}}\x00: \"{{tok}}\n"
		case "settings that cannot be read":
			if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(name, text, 0o600)
	}
	for _, folder := range []string{"home", "bin", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range p.programs {
		write("bin/"+name, text, 0o755)
	}
	env := []string{
		"FEEDCTL_FAULTS_CHILD=1", "HOME=" + filepath.Join(dir, "home"), "PATH=" + filepath.Join(dir, "bin"), "TMPDIR=" + filepath.Join(dir, "tmp"),
		"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "home", ".config"),
		"CARGO_HOME=" + filepath.Join(dir, "home", ".cargo"), "GOSUMDB=" + golangtest.Key, "GOENV=off", "GOCOVERDIR=" + filepath.Join(dir, "tmp"),
	}
	if server == b.secure && !strings.HasPrefix(behaviour, "certificate") {
		env = append(env, "SSL_CERT_FILE="+b.authority)
	}
	for key, value := range p.env {
		env = append(env, fill.Replace(key)+"="+fill.Replace(value))
	}
	return env
}

// fault is what the upstream does.
func (b *bench) fault(behaviour string) registrytest.Fault {
	repeat := func(code int) registrytest.Fault {
		return func(http.Handler, <-chan struct{}) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				told := r.Header.Get("Authorization") + r.Header.Get("Proxy-Authorization")
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Www-Authenticate", `Basic realm="`+told+`"`)
				w.WriteHeader(code)
				fmt.Fprintf(w, `{"error": "%s is not allowed to see http://%s%s?token=%s"}`, told, told, r.URL.Path, told)
			})
		}
	}
	switch behaviour[:3] {
	case "401":
		return registrytest.Status(http.StatusUnauthorized)
	case "403":
		return repeat(http.StatusForbidden)
	case "500":
		return repeat(http.StatusInternalServerError)
	case "red":
		return registrytest.Redirect(http.StatusFound, b.other.URL+"{path}")
	case "cap":
		return registrytest.CaptivePortal()
	}
	return nil
}

// wasTold reports whether the upstream saw the secret.
func (b *bench) wasTold() bool {
	for _, request := range append(b.plain.Requests(), b.secure.Requests()...) {
		if slices.ContainsFunc(spellings(), func(one string) bool {
			return strings.Contains(request.Header.Get("Authorization")+request.Header.Get("Proxy-Authorization"), one)
		}) {
			return true
		}
	}
	return false
}

// commands are those that are run; where the upstream fails only the ones that
// ask it.
func commands(p place, behaviour string) [][]string {
	input := p.input
	if input == "" {
		input = map[string]string{"npm": "npm:beta", "cargo": "cargo:beta", "go": "go:example.com/beta", "pypi": pypiInput}[p.ecosystem]
	}
	flags := []string{"--to", "feed"}
	if p.ecosystem == "pypi" {
		flags = append(flags, "--python", "3.11", "--platform", "manylinux_2_28_x86_64")
	}
	with := func(args ...string) []string { return args }
	all := [][]string{
		append(with("mirror", input, "-vv"), flags...),
		with("upstream", "check", "-vv", "--json"),
	}
	if behaviour != "works" {
		return all
	}
	return append(all,
		append(with("mirror", input, "--json", "--upgrade", "-vv"), flags...),
		append(with("mirror", "--dry-run", "-vv", "--upgrade", input), flags...),
		append(with("resolve", input, "--json", "-vv"), flags...), with("verify", "feed", "--json", "--deep"), with("verify", "feed", "-vv"),
		with("list", "--to", "feed", "--json"), with("why", input, "--to", "feed"), with("client-config", "--to", "feed"),
		with("upstream", "list", "-vv"), with("upstream", "list", "--json", input), with("upstream", "check"), with("init"))
}

// output is all that commands write to their streams.
type output struct{ text bytes.Buffer }

// limit is how long a command may take.
const limit = 2 * time.Minute

func (o *output) run(t *testing.T, dir string, env, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Dir, command.Env = dir, env
	command.Stdout, command.Stderr = &o.text, &o.text
	fmt.Fprintf(&o.text, "\n$ feedctl %s\n", strings.ReplaceAll(strings.Join(args, " "), secret, "…"))
	if err := command.Run(); err != nil {
		fmt.Fprintln(&o.text, err)
	}
	if ctx.Err() != nil || bytes.Contains(o.text.Bytes(), []byte("panic: ")) || bytes.Contains(o.text.Bytes(), []byte("goroutine 1 [")) {
		t.Errorf("%q: %s", args, o.text.String())
	}
}

// search looks for the secret in what the commands wrote: their streams, the feed,
// the cache, temporary files. It returns how many bytes there were.
func (b *bench) search(t *testing.T, dir string, said *output) int {
	t.Helper()
	total := b.inspect(t, "the output", said.text.Bytes())
	for _, folder := range []string{"feed", "cache", "tmp"} {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return nil
			}
			data, err := os.ReadFile(path)
			name, _ := filepath.Rel(dir, path)
			total += b.inspect(t, name, append(data, name...))
			if folder == "tmp" {
				t.Errorf("%s is left behind", name)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	return total
}

func (b *bench) inspect(t *testing.T, where string, data []byte) int {
	t.Helper()
	for _, one := range spellings() {
		if at := bytes.Index(data, []byte(one)); at >= 0 {
			t.Errorf("%s shows the secret: …%s…", where, data[max(0, at-200):min(len(data), at+100)])
			break
		}
	}
	return len(data)
}
