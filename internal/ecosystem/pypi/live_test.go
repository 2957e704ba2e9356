//go:build live

package pypi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

var defaultIndex = regexp.MustCompile(`(?s)--index-url.*?\(default\s+(\S+?)\)`)

// liveIndex is the index that this machine's pip is set to.
func liveIndex(t *testing.T) ecosystem.UpstreamConfig {
	t.Helper()
	address := os.Getenv("PIP_INDEX_URL")
	if address == "" {
		out, err := exec.CommandContext(t.Context(), "pip", "download", "--help").Output()
		if err != nil {
			t.Skipf("no pip: %v", err)
		}
		match := defaultIndex.FindStringSubmatch(string(out))
		if match == nil {
			t.Skip("pip tells no index")
		}
		address = match[1]
	}
	return ecosystem.UpstreamConfig{Name: "live", Ecosystem: "pypi", URL: address, FoundIn: "pip"}
}

// run runs a client without configuration, in an empty folder, and without any
// index but those that its arguments name.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = home
	cmd.Env = []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_NO_CACHE_DIR=1", "PIP_CONFIG_FILE=/dev/null",
		"UV_PYTHON_DOWNLOADS=never", "UV_NO_CONFIG=1", "PIP_ROOT_USER_ACTION=ignore", "no_proxy=*",
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// installed lists the distributions in a folder that was installed to.
func installed(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*-info")) // of old pips .egg-info
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = strings.TrimSuffix(filepath.Base(found[i]), "-info")
	}
	return strings.Join(found, " ")
}

// pipProgram is a pip that reads pylock.toml; set PIP to it.
func pipProgram() string {
	if own := os.Getenv("PIP"); own != "" {
		return own
	}
	return "pip"
}

func uvProgram(t *testing.T) string {
	t.Helper()
	own := os.Getenv("UV")
	if own == "" {
		own = "uv"
	}
	if _, err := exec.LookPath(own); err != nil {
		t.Skip("no uv: set UV to it")
	}
	return own
}

// TestLiveInstall mirrors a package with dependencies and one that is offered as a
// source distribution alone, and installs both from the feed in every way.
func TestLiveInstall(t *testing.T) {
	uv := uvProgram(t)
	m := newMiniature(t, liveIndex(t))
	asked := request(t, "3.11", "manylinux_2_28_x86_64 win_amd64", "requests[socks]", "docopt")
	graph, kept := m.mirror(t, asked)
	t.Log("\n" + nodes(graph) + "\n" + strings.Join(graph.Notes, "\n"))
	for _, edge := range graph.Edges {
		if edge.To == feed.Open {
			t.Errorf("open: %v", edge)
		}
	}
	if got, want := edges(m.verify(t, kept)), edges(graph); got != want {
		t.Errorf("from the feed alone the edges are\n%s\nwant\n%s", got, want)
	}
	index := "file://" + m.dir + "/pypi/simple/"
	files := m.dir + "/pypi/files"
	locks := m.dir + "/locks/pypi/0123456789ab/"
	const target = "cp311-manylinux_2_28_x86_64"
	for name, args := range map[string][]string{
		"pip index":        {pipProgram(), "install", "--index-url", index, "requests[socks]", "docopt"},
		"pip links":        {pipProgram(), "install", "--no-index", "--find-links", files, "requests[socks]", "docopt"},
		"pip requirements": {pipProgram(), "install", "-r", locks + "requirements." + target + ".txt"},
		"pip pylock":       {pipProgram(), "install", "--no-index", "--find-links", files, "-r", locks + "pylock." + target + ".toml"},
		"uv index":         {uv, "pip", "install", "--default-index", index, "requests[socks]", "docopt"},
		"uv requirements":  {uv, "pip", "install", "-r", locks + "requirements." + target + ".txt"},
		"uv pylock":        {uv, "pip", "install", "--no-index", "--find-links", files, "-r", locks + "pylock." + target + ".toml"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "pip pylock" && os.Getenv("PIP") == "" {
				t.Skip("set PIP to a pip of 26.1 or later")
			}
			out := t.TempDir()
			run(t, args[0], append(args[1:], "--target", out)...)
			got := installed(t, out)
			t.Log(got)
			for _, want := range []string{"requests-", "docopt-", "pysocks-", "urllib3-"} {
				if !strings.Contains(strings.ToLower(got), want) {
					t.Errorf("%s is not installed", want)
				}
			}
		})
	}
}

// TestLiveLocks mirrors every lock that a real tool wrote for the tests of package
// lock, and walks it again from the feed alone.
func TestLiveLocks(t *testing.T) {
	index := liveIndex(t)
	files, err := filepath.Glob("lock/testdata/demo/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if !strings.HasSuffix(name, "lock") && name != "pylock.toml" && name != "requirements.txt" {
			continue
		}
		t.Run(filepath.Base(filepath.Dir(file))+" "+name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m := newMiniature(t, index)
			pythons := "3.9,3.11"
			if strings.Contains(file, "universal") { // no lock, since one line has no hash
				pythons = "3.11"
			}
			asked := readLock(t, nil, name, string(text), pythons, "manylinux_2_28_x86_64 win_amd64")
			graph, kept := m.mirror(t, asked)
			t.Log(strings.Join(graph.Notes, "\n"))
			for _, line := range strings.Split(edges(graph), "\n") {
				if strings.Contains(line, "> open") {
					t.Log(line)
				}
			}
			if got, want := edges(m.verify(t, kept)), edges(graph); got != want {
				t.Errorf("from the feed alone, not in the first graph:\n%s\nonly there:\n%s", without(got, want), without(want, got))
			}
		})
	}
}
