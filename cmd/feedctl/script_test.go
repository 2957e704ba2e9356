package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptsAtOnce is how many scripts run in parallel: they spend most of their
// time waiting for upstreams that are slow or dead on purpose.
const scriptsAtOnce = "12"

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", scriptsAtOnce) // -parallel on the command line wins
	testscript.Main(m, map[string]func(){"feedctl": main})
}

// TestScript runs the scripts of testdata/script. Their commands, beside those
// of testscript, are listed in [commands].
//
// Nothing of the machine reaches a script: its home, cache and PATH are its own,
// and its upstreams are loopback servers that end with it.
func TestScript(t *testing.T) {
	params := testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		Setup:              setup,
		Cmds:               commands(),
		RequireUniqueNames: true,
	}
	params.Deadline, _ = t.Deadline()
	testscript.RunT(strict{t}, params)
}

// strict turns skips into failures when FEEDCTL_TEST_DISALLOW_SKIP is set.
type strict struct{ *testing.T }

func (t strict) Run(name string, f func(testscript.T)) {
	t.T.Run(name, func(t *testing.T) { f(strict{t}) })
}

func (t strict) Skip(args ...any) {
	t.Helper()
	if os.Getenv("FEEDCTL_TEST_DISALLOW_SKIP") != "" {
		t.Fatal(append([]any{"skipped, and FEEDCTL_TEST_DISALLOW_SKIP is set:"}, args...)...)
	}
	t.T.Skip(args...)
}

func (strict) Verbose() bool { return testing.Verbose() }

// setup makes a script's world: on PATH is feedctl alone.
func setup(env *testscript.Env) error {
	bin, _, _ := strings.Cut(env.Getenv("PATH"), string(os.PathListSeparator))
	home := filepath.Join(env.WorkDir, "home")
	for key, value := range map[string]string{
		"PATH": bin, "HOME": home, "USERPROFILE": home, "LOCALAPPDATA": filepath.Join(home, "AppData"),
		"XDG_CACHE_HOME": filepath.Join(env.WorkDir, "cache"), "XDG_CONFIG_HOME": filepath.Join(home, ".config"),
		"SOURCE_DATE_EPOCH": "1700000000", "TZ": "UTC",
	} {
		env.Setenv(key, value)
	}
	if env.Getenv("GORACE") == "" {
		env.Setenv("GORACE", "atexit_sleep_ms=10") // of a test with -race: each feedctl would sleep a second
	}
	s := &state{registries: map[string]*registry{}, processes: map[string]*process{}}
	for _, variable := range env.Vars {
		key, _, _ := strings.Cut(variable, "=")
		s.variables = append(s.variables, key)
	}
	env.Values[stateKey{}] = s
	env.Defer(s.close)
	return os.MkdirAll(home, 0o755)
}

type stateKey struct{}

// state is what the commands of one script keep.
type state struct {
	variables  []string // names of the environment variables that setup knows
	registries map[string]*registry
	processes  map[string]*process
}

func stateOf(ts *testscript.TestScript) *state { return ts.Value(stateKey{}).(*state) }

// close ends everything that the script started.
func (s *state) close() {
	for _, p := range s.processes {
		p.kill()
	}
	for _, r := range s.registries {
		r.Close()
	}
}

type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are those that scripts have beside the ones of testscript.
func commands() map[string]command {
	return map[string]command{
		// registry NAME start DIR [npm|go|cargo|pypi] | set DIR | stop | fail PATTERN TIMES FAULT… |
		// heal | log [HEADER] | forget | wait PATTERN
		"registry": cmdRegistry,
		// fill FILE…: put addresses and digests in the place of {{NAME}},
		// {{NAME PACKAGE@VERSION sri|sha1|sha256|url|zip|mod}} and {{VARIABLE}}
		"fill": cmdFill,
		// exits CODE COMMAND…: run a command that must end with this exit code
		"exits": cmdExits,
		// start NAME ARG…: run feedctl in the background
		"start": cmdStart,
		// await NAME TEXT: wait until feedctl in the background wrote a line with TEXT
		"await": cmdAwait,
		// finish NAME CODE|- [interrupt|kill]: wait for its end, which is to have this exit code
		"finish": cmdFinish,
		// serve NAME ARG…: run feedctl serve, with its address in $NAME
		"serve": cmdServe,
		// files NAME DIR: serve a folder as a plain web server does, with its address in $NAME
		"files": cmdFiles,
		// httpget [-X METHOD] [-H HEADER: VALUE]… URL: print status, header and body
		"httpget": cmdHTTPGet,
		// download URL FILE: save the body of an answer
		"download": cmdDownload,
		// etag URL: put the ETag of an answer into $ETAG
		"etag": cmdETag,
		// until STATUS URL: ask until the answer has this status
		"until": cmdUntil,
		// every-url URL: get every tarball that a packument names, print how many
		"every-url": cmdEveryURL,
		// tree [-mtime] [-without PREFIX]… DIR: print digest and path of every file of a feed
		"tree": cmdTree,
		// copy FROM TO: copy a folder with its times
		"copy": cmdCopy,
		// flip FILE: change one bit in the middle, leaving size and time alone
		"flip": cmdFlip,
		// edit FILE OLD NEW: replace the one place where OLD is
		"edit": cmdEdit,
		// cut FILE TEXT: end the file where TEXT starts
		"cut": cmdCut,
		// json FILE [PATH=VALUE | PATH>=NUMBER | count:PATH=COUNT]…: check that the file is one JSON value with these parts
		"json": cmdJSON,
		// chosen DIR: put the path of the one lock that feedctl chose into $LOCK
		"chosen": cmdChosen,
		// absent TEXT DIR…: no file below the folders holds the text
		"absent": cmdAbsent,
		// pushed DIR NAME: make a saved package of a feed one that its owner published there
		"pushed": cmdPushed,
		// dropped DIR NAME: take a package out of a feed
		"dropped": cmdDropped,
		// kill-anywhere FROM TO ARG…: run feedctl on copies of a feed, killed at many moments
		"kill-anywhere": cmdKillAnywhere,
	}
}
