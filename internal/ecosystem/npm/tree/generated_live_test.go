//go:build live

package tree

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/pkg/feed"
)

var (
	cases     = flag.Int("cases", 100, "generated registries to compare with npm's own tree builder, for each kind")
	record    = flag.Bool("record", false, "write npm's answers to testdata/generated.json.gz")
	firstSeed = flag.Uint64("seed", 1, "first seed of the generated registries")
)

// arboristScript reads cases, one JSON line each, and answers with the tree
// that the installed npm would make.
const arboristScript = `
const fs = require('fs'), path = require('path'), readline = require('readline')
const Arborist = require(process.argv[2] + '/npm/node_modules/@npmcli/arborist')
const base = process.argv[3], dir = process.argv[4]
const write = (file, doc) => { fs.mkdirSync(path.dirname(file), { recursive: true }); fs.writeFileSync(file, JSON.stringify(doc)) }
const one = async line => {
  const c = JSON.parse(line), folder = path.join(dir, String(c.id))
  write(path.join(folder, 'package.json'), c.root)
  for (const [at, doc] of Object.entries(c.members)) write(path.join(folder, at, 'package.json'), doc)
  const options = { path: folder, registry: base + c.id + '/', cache: path.join(folder, '.cache'), npmVersion: '11.19.1', nodeVersion: 'v20.20.2',
    save: true, packageLockOnly: true, retry: { retries: 0 }, packumentCache: new Map(), ...c.options }
  const lock = {}
  try {
    const tree = await new Arborist(options).buildIdealTree({ ...options, add: c.add && c.add.length ? c.add : null })
    for (const n of tree.inventory.values()) {
      if (n.isLink || n === tree || (n.inert && !n.package.version)) continue
      lock[n.location] = n.packageName + '@' + n.version + (n.extraneous ? ' extraneous' : '') + (n.dev ? ' dev' : '') + (n.optional ? ' optional' : '') +
        (n.devOptional && !n.dev && !n.optional ? ' devOptional' : '') + (n.peer ? ' peer' : '')
    }
    console.log(JSON.stringify({ lock }))
  } catch (e) { console.log(JSON.stringify({ error: e.code || String(e) , text: String(e.stack)})) }
  fs.rmSync(folder, { recursive: true, force: true })
}
const lines = readline.createInterface({ input: process.stdin })
;(async () => { for await (const line of lines) await one(line) })()
`

// builder is a running script.
type builder struct {
	command *exec.Cmd
	in      *json.Encoder
	out     *bufio.Scanner
}

func startBuilder(t *testing.T, base string) *builder {
	t.Helper()
	root, err := exec.Command("npm", "root", "-g").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "build.cjs")
	if err := os.WriteFile(script, []byte(arboristScript), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("node", script, strings.TrimSpace(string(root)), base, dir)
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	b := &builder{command: command, in: json.NewEncoder(in), out: bufio.NewScanner(out)}
	b.out.Buffer(nil, 1<<24)
	return b
}

func (b *builder) stop() {
	_ = b.command.Process.Kill()
	_ = b.command.Wait()
}

// build returns false when npm does not end.
func (b *builder) build(t *testing.T, id int, c generated) (answer, bool) {
	t.Helper()
	line := struct {
		ID int `json:"id"`
		generated
	}{id, c}
	if err := b.in.Encode(line); err != nil {
		t.Fatal(err)
	}
	done := make(chan bool, 1)
	go func() { done <- b.out.Scan() }()
	select {
	case ok := <-done:
		if !ok {
			return answer{}, false
		}
	case <-time.After(15 * time.Second):
		return answer{}, false
	}
	var a answer
	if err := json.Unmarshal(b.out.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a, true
}

// TestGenerated compares random small registries with npm's own tree builder.
func TestGenerated(t *testing.T) {
	recorded := map[string]answer{}
	for name, with := range kinds {
		t.Run(name, func(t *testing.T) {
			for seed, a := range compareGenerated(t, with) {
				recorded[fmt.Sprintf("%s %d", name, seed)] = a
			}
		})
	}
	if *record && !t.Failed() {
		var out bytes.Buffer
		zipped := gzip.NewWriter(&out)
		if err := errors.Join(json.NewEncoder(zipped).Encode(recorded), zipped.Close()); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(recordedFile, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// serve answers with the packuments that current points at.
func serve(current *map[string]map[string]any) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, name, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
		name, _ = url.PathUnescape(name)
		doc := (*current)[name]
		if doc == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(doc)
	}))
}

// ordered writes a dependency map as JSON in its own order.
func ordered(t *testing.T, deps Deps) json.RawMessage {
	t.Helper()
	var b strings.Builder
	for i, dep := range deps {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(t, dep.Name))
		b.WriteByte(':')
		b.Write(encode(t, dep.Spec))
	}
	return json.RawMessage("{" + b.String() + "}")
}

// document writes a manifest that was made from fields as package.json.
func document(t *testing.T, m *Manifest) map[string]any {
	t.Helper()
	f, meta := m.Fields(), map[string]any{}
	for name := range f.PeerOptional {
		meta[name] = map[string]any{"optional": true}
	}
	doc := map[string]any{
		"name": m.Name, "version": m.Version, "dependencies": ordered(t, f.Dependencies),
		"optionalDependencies": ordered(t, f.OptionalDependencies), "devDependencies": ordered(t, f.DevDependencies),
		"peerDependencies": ordered(t, f.PeerDependencies), "peerDependenciesMeta": meta,
		"dist": map[string]any{
			"tarball":   "https://registry.example/" + m.Name + "/-/x-" + m.Version + ".tgz",
			"integrity": fmt.Sprintf("sha512-%s%s==", m.Name, m.Version),
		},
	}
	if f.Deprecated {
		doc["deprecated"] = "old"
	}
	if f.Engines.Node != "" {
		doc["engines"] = map[string]any{"node": f.Engines.Node}
	}
	return doc
}

// TestRulesLive asks npm's own tree builder about the universes of TestRules.
func TestRulesLive(t *testing.T) {
	var current map[string]map[string]any
	server := serve(&current)
	defer server.Close()
	b := startBuilder(t, server.URL+"/")
	defer func() { b.stop() }()
	for i, row := range rules {
		u := parseUniverse(t, row.universe)
		current = map[string]map[string]any{}
		for name, p := range u {
			versions := map[string]any{}
			for _, m := range p.Versions {
				versions[m.Version] = document(t, m)
			}
			current[name] = map[string]any{"name": name, "dist-tags": p.Tags, "versions": versions}
		}
		if strings.Contains(row.universe, "bundle") || strings.Contains(row.name, "repository") || strings.Contains(row.name, "hostile") {
			continue // npm would open tarballs, clone, or stop at once
		}
		project := row.project(t)
		c := generated{Root: document(t, project.Root), Members: map[string]map[string]any{}, Add: strings.Fields(row.add), Options: map[string]bool{
			"force": row.options.Force, "legacyPeerDeps": row.options.LegacyPeers, "strictPeerDeps": row.options.StrictPeers,
		}}
		if row.overrides != "" {
			c.Root["overrides"] = json.RawMessage(row.overrides)
		}
		for folder, m := range project.Members {
			c.Members[folder] = document(t, m)
			c.Root["workspaces"] = append(slices.Sorted(maps.Keys(project.Members)), []string{}...)
		}
		want, ok := b.build(t, i, c)
		if !ok {
			t.Fatalf("%s: npm does not end", row.name)
		}
		if strings.Contains(row.name, "there is no engine rule") {
			continue // npm always has a Node
		}
		tree, err := Resolve(t.Context(), project, row.options, u)
		if want.Error != row.code {
			t.Errorf("%s: npm says %q, want %q\n%s", row.name, want.Error, row.code, want.Text)
		}
		if err == nil {
			if diff := difference(flagged(tree), want.Lock); diff != "" {
				t.Errorf("%s: %s", row.name, diff)
			}
		}
	}
}

// compareGenerated returns npm's answers, without those of cases on which npm
// crashes or never ends.
func compareGenerated(t *testing.T, with traits) map[uint64]answer {
	answers := map[uint64]answer{}
	var current map[string]map[string]any
	server := serve(&current)
	defer server.Close()
	b := startBuilder(t, server.URL+"/")
	defer func() { b.stop() }()
	endless, wrong := 0, 0
	codes := map[string]int{}
	for i := range *cases {
		seed := *firstSeed + uint64(i)
		c := generate(seed, with)
		current = c.Packuments
		want, ok := b.build(t, int(seed), c)
		if !ok {
			endless++
			b.stop()
			b = startBuilder(t, server.URL+"/")
		}
		project, options, u := c.parsed(t)
		tree, err := Resolve(t.Context(), project, options, u)
		got := answer{}
		var unmet *feed.ResolveError
		switch {
		case err == nil:
			got.Lock = flagged(tree)
		case errors.As(err, &unmet):
			got.Error = unmet.Unmet[0].Code
		default:
			got.Error = "endless"
		}
		if !ok {
			want.Error = "endless"
		}
		if strings.HasPrefix(want.Error, "TypeError") { // npm crashed
			want.Error = "crash"
			codes[want.Error]++
			continue
		}
		codes[want.Error]++
		if ok {
			answers[seed] = answer{Lock: want.Lock, Error: want.Error}
		}
		if unmet != nil && slices.ContainsFunc(unmet.Unmet, func(u feed.Unmet) bool { return u.Code == want.Error }) {
			got.Error = want.Error
		}
		if got.Error != want.Error {
			wrong++
			t.Errorf("seed %d: npm %q, we %q\n%v\n%s", seed, want.Error, got.Error, err, want.Text)
		} else if diff := difference(got.Lock, want.Lock); diff != "" {
			wrong++
			t.Errorf("seed %d: %s", seed, diff)
		}
		if wrong > 15 {
			t.Fatal("too many differences")
		}
	}
	t.Log(strconv.Itoa(*cases), "cases, endless", endless, "by code", codes)
	return answers
}
