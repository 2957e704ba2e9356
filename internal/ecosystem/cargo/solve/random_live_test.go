//go:build live

package solve

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

var randomCount = flag.Int("universes", 400, "how many random universes cargo solves")

// TestRandomUniverses compares with the real cargo on small universes in a
// local registry, without a network. Cargo remembers a conflict without the
// features that were asked for and so passes over some first solutions: these
// universes are full of such traps, and one in fifty may differ.
func TestRandomUniverses(t *testing.T) {
	counts := map[string]int{}
	for seed := range *randomCount {
		counts[cargoAgrees(t, rapid.Custom(drawWorld).Example(seed))]++
	}
	t.Log(counts)
	if counts["differs"]*50 > *randomCount {
		t.Error("too many differ")
	}
}

// TestDrawnUniverses compares with the real cargo on the universes of testdata
// that need one registry and no lock.
func TestDrawnUniverses(t *testing.T) {
	files, err := filepath.Glob("testdata/universe/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(archive.Files[0].Data)
		if regexp.MustCompile(`(?m)^! l|source=https|broken|patch=|local|member links|^[a-z-]+ 1\.1$`).MatchString(text) {
			continue
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			if outcome := cargoAgrees(t, text); (outcome == "differs") != (name == "split-request") {
				t.Error(outcome)
			}
		})
	}
}

// cargoAgrees returns what both said.
func cargoAgrees(t *testing.T, text string) string {
	w, err := parseWorld(text)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w.addRustMembers()
	w.writeRegistry(t, dir)
	w.writeMembers(t, dir)
	want, refusal := localLock(t, dir)
	result, err := Resolve(t.Context(), w.input, w.ask)
	var cycle *CycleError
	if refusal != "" && err != nil && errors.As(err, &cycle) == strings.Contains(refusal, "cyclic package") {
		return "refused"
	}
	var got []string
	for _, p := range result.Packages {
		got = append(got, p.Name+" "+p.Version.Version)
	}
	sort.Strings(got)
	if !slices.Equal(got, want) {
		t.Logf("%s\nwant %q\n%s\ngot %q\n%v", text, want, refusal, got, err)
		return "differs"
	}
	if result.Stats.Failures > 0 {
		return "solved after failures"
	}
	return "solved"
}

// addRustMembers gives each wanted Rust version a member that states it, and
// sorts the dependencies of members as Cargo reads them.
func (w *world) addRustMembers() {
	for i, version := range w.input.RustVersions {
		if i < len(w.input.Members) {
			w.input.Members[i].RustVersion = version
			continue
		}
		name := fmt.Sprintf("rust%d", i)
		w.input.Members = append(w.input.Members, Release{Source: name, Name: name, Version: "0.1.0", RustVersion: version})
	}
	kinds := []int{Normal: 0, Dev: 1, Build: 2}
	for _, m := range w.input.Members {
		slices.SortStableFunc(m.Deps, func(a, b Dependency) int {
			return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(kinds[a.Kind], kinds[b.Kind]), cmp.Compare(a.Key(), b.Key()))
		})
	}
}

func (w *world) writeRegistry(t *testing.T, dir string) {
	for crate, releases := range w.releases {
		var lines strings.Builder
		for _, r := range releases {
			data, err := json.Marshal(lineOf(r))
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(data, '\n'))
		}
		writeFile(t, dir, "registry/index/"+indexPath(crate.Name), lines.String())
	}
	writeFile(t, dir, "registry/index/empty", "")
	writeFile(t, dir, ".cargo/config.toml", "[source.crates-io]\nreplace-with = \"local\"\n[source.local]\nlocal-registry = \"registry\"\n")
}

func lineOf(r Release) map[string]any {
	deps := []map[string]any{}
	for _, d := range r.Deps {
		deps = append(deps, map[string]any{
			"name": d.Key(), "package": d.Name, "req": d.Req, "features": append([]string{}, d.Features...), "optional": d.Optional,
			"default_features": d.DefaultFeatures, "kind": d.Kind.String(), "target": nil,
		})
	}
	line := map[string]any{
		"name": r.Name, "vers": r.Version, "deps": deps, "cksum": strings.Repeat("0", 64),
		"features": map[string]any{}, "features2": r.Features, "yanked": r.Yanked, "v": 2,
	}
	if r.Links != "" {
		line["links"] = r.Links
	}
	if r.RustVersion != "" {
		line["rust_version"] = r.RustVersion
	}
	return line
}

func (w *world) writeMembers(t *testing.T, dir string) {
	var names []string
	for _, m := range w.input.Members {
		names = append(names, m.Name)
		writeFile(t, dir, m.Name+"/src/lib.rs", "")
		writeFile(t, dir, m.Name+"/build.rs", "")
		writeFile(t, dir, m.Name+"/Cargo.toml", manifestOf(t, m))
	}
	resolver := "2"
	if len(w.input.RustVersions) > 0 {
		resolver = "3"
	}
	writeFile(t, dir, "Cargo.toml", fmt.Sprintf("[workspace]\nresolver = %q\nmembers = [\"%s\"]\n", resolver, strings.Join(names, `", "`)))
}

func manifestOf(t *testing.T, m Release) string {
	pkg := map[string]any{"name": m.Name, "version": m.Version, "edition": "2021"}
	if m.RustVersion != "" {
		pkg["rust-version"] = m.RustVersion
	}
	if m.Links != "" {
		pkg["links"] = m.Links
	}
	doc := map[string]any{"package": pkg, "features": m.Features}
	targets := map[string]any{}
	for _, d := range m.Deps {
		entry := map[string]any{"package": d.Name, "optional": d.Optional, "default-features": d.DefaultFeatures, "features": append([]string{}, d.Features...)}
		if d.Source != "" {
			entry["path"] = "../" + d.Name
		}
		if d.Req != "" {
			entry["version"] = d.Req
		}
		to := doc
		if d.Target != "" {
			if targets[d.Target] == nil {
				targets[d.Target] = map[string]any{}
			}
			to = targets[d.Target].(map[string]any)
		}
		table := map[Kind]string{Normal: "dependencies", Dev: "dev-dependencies", Build: "build-dependencies"}[d.Kind]
		if to[table] == nil {
			to[table] = map[string]any{}
		}
		to[table].(map[string]any)[d.Key()] = entry
	}
	doc["target"] = targets
	data, err := toml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// localLock returns the packages of the real client's lock, sorted, or its refusal.
func localLock(t *testing.T, dir string) ([]string, string) {
	command := exec.CommandContext(t.Context(), "cargo", "generate-lockfile")
	command.Dir = dir
	command.Env = append(os.Environ(), "CARGO_HOME="+filepath.Join(dir, "home"), "CARGO_TERM_COLOR=never")
	out, err := command.CombinedOutput()
	if err != nil {
		if !regexp.MustCompile("failed to select a version|no matching package|neither a dependency nor|cyclic package").Match(out) {
			t.Fatalf("%s", out)
		}
		return nil, string(out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "Cargo.lock"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, found := range regexp.MustCompile(`name = "(.*)"\nversion = "(.*)"`).FindAllStringSubmatch(string(data), -1) {
		list = append(list, found[1]+" "+found[2])
	}
	sort.Strings(list)
	return list, ""
}
