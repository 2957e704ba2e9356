package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/feedctl/feedctl/pkg/feed"
)

// folder is a file system made of a text archive.
func folder(archive string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

func readAll(t testing.TB, archive string) (feed.Request, Settings) {
	t.Helper()
	request, err := Read(folder(archive), "Cargo.toml")
	if err != nil {
		t.Fatal(err)
	}
	var settings Settings
	if err := json.Unmarshal(request.Settings, &settings); err != nil {
		t.Fatal(err)
	}
	return request, settings
}

// show writes settings one thing a line.
func show(s Settings) string {
	var b strings.Builder
	list := func(what string, all []Package) {
		for _, p := range all {
			fmt.Fprintf(&b, "%s %s %s@%s", what, p.Folder, p.Name, p.Version)
			if p.RustVersion != "" {
				b.WriteString(" rust " + p.RustVersion)
			}
			b.WriteByte('\n')
			for _, d := range p.Dependencies {
				fmt.Fprintf(&b, "  %s%s %q", d.Folder+strings.Repeat("/", min(len(d.Registry), 1))+d.Registry+" ", d.Name, d.Range)
				for _, part := range []string{d.Alias, d.Kind, d.Target} {
					if part != "" {
						b.WriteString(" " + part)
					}
				}
				if d.Optional {
					b.WriteString(" optional")
				}
				if !d.DefaultFeatures {
					b.WriteString(" bare")
				}
				if len(d.Features) > 0 {
					fmt.Fprintf(&b, " %v", d.Features)
				}
				b.WriteByte('\n')
			}
			if len(p.Features) > 0 {
				fmt.Fprintf(&b, "  features %v\n", p.Features)
			}
		}
	}
	list("member", s.Members)
	list("local", s.Locals)
	for _, p := range s.Patches {
		fmt.Fprintf(&b, "patch %s/%s by %s%s %q\n", p.Registry, p.Name, p.Folder, p.From, p.Range)
	}
	for _, one := range s.Skipped {
		fmt.Fprintf(&b, "skipped %s (%s): %s, %s\n", one.Name, one.Spec, one.Reason, one.Where)
	}
	if s.Fallback {
		b.WriteString("fallback\n")
	}
	return b.String()
}

const single = `
-- Cargo.toml --
[package]
name = "app"
version = "0.1.0"
edition = "2024"
rust-version = "1.85"
links = "native"
[features]
default = ["b", "dep:from-git", "from-git/x", "b?/y"]
[dependencies]
z = "1"
a = { version = "1.2", features = ["x"], default-features = false }
b = { version = "*", optional = true, package = "Real_B" }
here = { path = "here", version = "0.1" }
outside = { path = "../outside" }
from-git = { git = "https://user:pw@git.example/x", branch = "main", optional = true }
private = { version = "2", registry = "corp" }
named = { version = "2", registry = "unknown-here" }
indexed = { version = "2", registry-index = "sparse+https://other.example/index/" }
[dev-dependencies]
dev = "3"
[build_dependencies]
cc = "1"
[target.'cfg(windows)'.dependencies]
winapi = "0.3"
[target.x86_64-unknown-linux-gnu.dev-dependencies]
nix = "0.20"
[patch.crates-io]
a = { path = "patched" }
other = { git = "https://git.example/y" }
z = { version = "1.5", registry = "corp" }
[replace]
"foo:0.1.0" = { path = "x" }
-- .cargo/config.toml --
[registries.corp]
index = "sparse+https://corp.example/index/"
-- here/Cargo.toml --
[package]
name = "here"
[dependencies]
deeper = { path = "deeper" }
optional = { version = "1", optional = true }
[dev-dependencies]
ignored = "1"
-- here/deeper/Cargo.toml --
[package]
name = "deeper"
version = "0.2.0"
-- patched/Cargo.toml --
[package]
name = "a"
version = "1.2.9"
`

const singleShown = `member . app@0.1.0 rust 1.85
   a "1.2" bare [x]
   Real_B "*" b optional
  here here "0.1"
  /other.example_index indexed "2"
  /unknown-here named "2"
  /corp.example_index private "2"
   z "1"
   dev "3" dev
   cc "1" build
   winapi "0.3" cfg(windows)
   nix "0.20" dev x86_64-unknown-linux-gnu
  features map[default:[b b?/y]]
local here here@0.0.0
  here/deeper deeper ""
   optional "1" optional
   ignored "1" dev
local here/deeper deeper@0.2.0
local patched a@1.2.9
patch /a by patched ""
patch /z by corp.example_index "1.5"
skipped from-git (https://git.example/x main): git dependency, Cargo.toml
skipped outside (../outside): path dependency outside the folder, Cargo.toml
skipped other ([patch]): patch by a git dependency, Cargo.toml
skipped foo:0.1.0 ([replace]): [replace], which Cargo has given up for [patch], Cargo.toml
fallback
`

const workspace = `
-- Cargo.toml --
[workspace]
members = ["crates/*", "tools/**/x"]
exclude = ["crates/excluded"]
[workspace.package]
version = "3.0.0"
rust-version = "1.70"
[workspace.dependencies]
serde = { version = "1", default-features = false, features = ["alloc"] }
lib = { path = "crates/lib" }
plain = "1"
[package]
name = "root"
version.workspace = true
[dependencies]
plain.workspace = true
-- crates/b/Cargo.toml --
[package]
name = "b"
version = { workspace = true }
rust-version.workspace = true
[dependencies]
serde = { workspace = true, features = ["derive"], optional = true }
near = { path = "../../near" }
-- crates/a/Cargo.toml --
[package]
name = "a"
version = "1.0.0"
[dependencies]
lib.workspace = true
serde = { workspace = true, default-features = true }
-- crates/lib/Cargo.toml --
[package]
name = "lib"
version = "1.0.0"
-- crates/excluded/Cargo.toml --
[package]
name = "excluded"
version = "1.0.0"
[dependencies]
never = "1"
-- crates/empty/readme --
-- tools/deep/er/x/Cargo.toml --
[project]
name = "deep"
version = "1.0.0"
[dependencies]
excluded = { path = "../../../../crates/excluded" }
-- near/Cargo.toml --
[package]
name = "near"
version = "1.0.0"
`

// Members stand in Cargo's order: as listed, each followed by its path
// dependencies, the root last.
const workspaceShown = `member crates/a a@1.0.0
  crates/lib lib ""
   serde "1" [alloc]
member crates/lib lib@1.0.0
member crates/b b@3.0.0 rust 1.70
  near near ""
   serde "1" optional bare [alloc derive]
member near near@1.0.0
member tools/deep/er/x deep@1.0.0
  crates/excluded excluded ""
member . root@3.0.0
   plain "1"
local crates/excluded excluded@1.0.0
   never "1"
`

func TestRead(t *testing.T) {
	for name, row := range map[string]struct{ archive, want string }{
		"one package": {single, singleShown},
		"workspace":   {workspace, workspaceShown},
		"virtual workspace": {
			"-- Cargo.toml --\n[workspace]\nmembers = [\"m\"]\nresolver = \"3\"\n-- m/Cargo.toml --\n[package]\nname = \"m\"\nedition = \"2024\"\n",
			"member m m@0.0.0\nfallback\n",
		},
		"settings turn the fallback off": {
			"-- Cargo.toml --\n[package]\nname = \"m\"\nedition = \"2024\"\n-- .cargo/config --\n[resolver]\nincompatible-rust-versions = \"allow\"\n",
			"member . m@0.0.0\n",
		},
		"settings turn the fallback on": {
			"-- Cargo.toml --\n[package]\nname = \"m\"\n-- .cargo/config.toml --\n[resolver]\nincompatible-rust-versions = \"fallback\"\n",
			"member . m@0.0.0\nfallback\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, settings := readAll(t, row.archive)
			if diff := cmp.Diff(row.want, show(settings)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRequirements(t *testing.T) {
	request, settings := readAll(t, single)
	var got []string
	for _, r := range request.Requirements {
		got = append(got, strings.TrimSpace(r.String()+" "+r.Kind))
	}
	want := []string{
		"b (Real_B@*)", "a@1.2", "cc@1 build", "corp.example_index/private@2", "dev@3 dev", "nix@0.20 dev",
		"other.example_index/indexed@2", "unknown-here/named@2", "winapi@0.3", "z@1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{
		"corp.example_index":  "sparse+https://corp.example/index/",
		"other.example_index": "sparse+https://other.example/index/",
	}, settings.Registries); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	const head = "-- Cargo.toml --\n[package]\nname = \"a\"\n"
	for name, row := range map[string]struct{ archive, want string }{
		"nothing":               {"-- Cargo.toml --\n", "neither a [package] nor a [workspace]"},
		"no TOML":               {"-- Cargo.toml --\n[package\n", "line 1"},
		"member outside":        {"-- Cargo.toml --\n[workspace]\nmembers = [\"../x\"]\n", "outside the folder"},
		"member missing":        {"-- Cargo.toml --\n[workspace]\nmembers = [\"x\"]\n", "workspace member x/Cargo.toml"},
		"bad pattern":           {"-- Cargo.toml --\n[workspace]\nmembers = [\"[x\"]\n", "syntax error"},
		"no name":               {"-- Cargo.toml --\n[package]\nname = \"../x\"\n", "no name of a crate"},
		"no version":            {head + "version = \"x\"\n", "is no version"},
		"hostile dependency":    {head + "[dependencies]\n\"../x\" = \"1\"\n", "no name of a crate"},
		"no requirement":        {head + "[dependencies]\nx = \"not a version\"\n", "version \"not a version\""},
		"workspace elsewhere":   {head + "[dependencies]\nx.workspace = true\n", "give the workspace's own Cargo.toml"},
		"version elsewhere":     {head + "version.workspace = true\n", "give the workspace's own Cargo.toml"},
		"not in the workspace":  {head + "[workspace]\n[dependencies]\nx.workspace = true\n", "not in [workspace.dependencies]"},
		"path without manifest": {head + "[dependencies]\nx.path = \"x\"\n", "path dependency x/Cargo.toml"},
		"wrong features":        {head + "[dependencies]\nx = { version = \"1\", features = \"y\" }\n", "list of texts"},
		"wrong optional":        {head + "[dependencies]\nx = { version = \"1\", optional = 1 }\n", "neither true nor false"},
		"wrong version":         {head + "[dependencies]\nx = { version = 1 }\n", "version is no text"},
		"wrong entry":           {head + "[dependencies]\nx = 1\n", "neither a version nor a table"},
		"bad registry":          {head + "[dependencies]\nx = { version = \"1\", registry = \"../x\" }\n", "no name of a registry"},
		"bad settings":          {head + "-- .cargo/config.toml --\n[\n", ".cargo/config.toml"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(folder(row.archive), "Cargo.toml")
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}

func TestPathCircle(t *testing.T) {
	_, settings := readAll(t, `
-- Cargo.toml --
[package]
name = "a"
[dependencies]
b.path = "b"
-- b/Cargo.toml --
[package]
name = "b"
[dev-dependencies]
a.path = ".."
`)
	if got, want := show(settings), "member . a@0.0.0\n  b b \"\"\nlocal b b@0.0.0\n  . a \"\" dev\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParsePackaged(t *testing.T) {
	p, err := ParsePackaged([]byte("[package]\nname = \"a\"\nversion = \"1.0.0\"\n[dependencies.b]\nversion = \"1\"\n[dev-dependencies.c]\npath = \"../c\"\n[target.\"cfg(unix)\".build-dependencies]\nd = \"2\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Dependency{
		{Name: "b", Range: "1", DefaultFeatures: true},
		{Name: "d", Range: "2", DefaultFeatures: true, Kind: "build", Target: "cfg(unix)"},
	}
	if diff := cmp.Diff(want, p.Dependencies); diff != "" {
		t.Error(diff)
	}
	for _, text := range []string{"", "[package]\nname = \"a\"\nversion.workspace = true\n", "[package]\nname = \"a\"\n[dependencies]\n\"../b\" = \"1\"\n"} {
		if _, err := ParsePackaged([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, archive := range []string{single, workspace} {
		f.Add(folder(archive)["Cargo.toml"].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := folder(workspace)
		fsys["Cargo.toml"] = &fstest.MapFile{Data: data}
		request, err := Read(fsys, "Cargo.toml")
		if err == nil && !json.Valid(request.Settings) {
			t.Fatalf("settings %q", request.Settings)
		}
		if p, err := ParsePackaged(data); err == nil && p.Version == "" {
			t.Fatal("no version")
		}
	})
}
