package discover

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/pkg/feed"
)

// TestDiscoverInputs has inputs that themselves say where packages come from, and
// that lie beside files which say otherwise.
func TestDiscoverInputs(t *testing.T) {
	const script = `# /// script
# dependencies = ["torch", "rich"]
# [[tool.uv.index]]
# name = "pytorch"
# url = "https://t.test/cpu"
# explicit = true
# [[tool.uv.index]]
# url = "https://ann:s3cret@d.test/s"
# default = true
# [tool.uv.sources]
# torch = {index = "pytorch"}
# ///
`
	const scriptLock = `version = 1
requires-python = ">=3.11"
[[package]]
name = "a"
version = "1"
source = { registry = "https://recorded.test/simple" }
`
	for _, row := range []struct {
		what, input string
		files       map[string]string
		reader      lock.Reader
		want        []string
	}{
		{"a script", "tool.py", map[string]string{"project/tool.py": script}, lock.ReadScript, []string{
			"pypi-pytorch https://t.test/cpu [torch] | tool.py", "pypi https://d.test/s ann:s3cret | tool.py, with the credentials in the address",
		}},
		{
			"a script of a project", "tool.py",
			map[string]string{"project/tool.py": script, "project/pyproject.toml": "[[tool.uv.index]]\nurl = \"https://more.test/s\"\n"},
			lock.ReadScript,
			[]string{
				"pypi-pytorch https://t.test/cpu [torch] | tool.py", "pypi https://more.test/s | pyproject.toml",
				"pypi-2 https://d.test/s ann:s3cret | tool.py, with the credentials in the address",
			},
		},
		{"a script's lock", "tool.py.lock", map[string]string{"project/tool.py.lock": scriptLock}, lock.ReadUV, []string{"pypi https://recorded.test/simple | tool.py.lock"}},
	} {
		t.Run(row.what, func(t *testing.T) {
			env := world(t, row.files)
			request, err := row.reader(os.DirFS(env.Dir), row.input)
			if err != nil {
				t.Fatal(err)
			}
			env.Settings = []json.RawMessage{request.Settings}
			if request.Lock != nil {
				env.Recorded = append([]feed.Node{}, request.Lock.Nodes...)
			}
			configs, err := Discover(t.Context(), env)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, lines(t, env, configs)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
