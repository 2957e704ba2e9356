package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// packageWords stands for one word for each package.
const packageWords = "PACKAGE@VERSION…"

// kind is how a lock is measured. In the words of a client and its environment
// "{fresh}" stands for an empty folder of its own, and packageWords for every
// package and version whose artifact feedctl takes.
type kind struct {
	lock     string
	manifest string
	others   []string // files beside them that are taken along when they are there
	sources  []string // empty source files that the client wants to see
	artifact string   // pattern of the names of artifacts

	environment []string // of the client
	settings    settings
	fetch       []string // what fetches the locked artifacts
	flags       []string // of feedctl, where it does by default more than fetch
	resolve     []string // what locks the manifest anew
	locked      bool     // resolve wants to see the lock
	example     string   // a large manifest
}

// settings are files of the machine that a client reads in a folder which also
// has its cache, so that a fresh one needs copies of them.
type settings struct {
	variable string // of the environment, naming the folder
	home     string // below the user's home otherwise
	files    []string
}

var (
	goModules = kind{
		lock: "go.mod", manifest: "go.mod", others: []string{"go.sum"}, artifact: "*.zip",
		environment: []string{"GOMODCACHE={fresh}", "GOFLAGS=-modcacherw", "GOSUMDB=off"},
		fetch:       []string{"go", "mod", "download", "all"},
		flags:       []string{"--no-sumdb"},
		resolve:     []string{"go", "list", "-m", "all"}, locked: true,
	}
	npm = kind{
		lock: "package-lock.json", manifest: "package.json", others: []string{".npmrc"}, artifact: "*.tgz",
		environment: []string{"npm_config_cache={fresh}", "npm_config_audit=false", "npm_config_fund=false"},
		fetch:       []string{"npm", "ci", "--ignore-scripts"},
		resolve:     []string{"npm", "install", "--package-lock-only", "--ignore-scripts"},
	}
	cargo = kind{
		lock: "Cargo.lock", manifest: "Cargo.toml", others: []string{".cargo/config.toml"}, sources: []string{"src/lib.rs", "src/main.rs"},
		artifact:    "*.crate",
		environment: []string{"CARGO_HOME={fresh}"},
		settings:    settings{"CARGO_HOME", ".cargo", []string{"config.toml", "config", "credentials.toml", "credentials"}},
		fetch:       []string{"cargo", "fetch", "--locked"},
		resolve:     []string{"cargo", "generate-lockfile"},
		example:     cargoExample,
	}
)

// kinds are the locks that can be measured. Of a folder that has several the
// first one counts; a go.mod comes before its go.sum, as it does for feedctl.
var kinds = []kind{npm, goModules, sumOf(goModules), cargo}

// sumOf is for a go.sum alone, whose modules the client takes by name.
func sumOf(k kind) kind {
	k.lock, k.fetch = "go.sum", []string{"go", "mod", "download", packageWords}
	return k
}

// find returns the lock at a path, and its kind.
func find(path string) (string, kind, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", kind{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", kind{}, err
	}
	var names []string
	for _, k := range kinds {
		names = append(names, k.lock)
		candidate := path
		if info.IsDir() {
			candidate = filepath.Join(path, k.lock)
		}
		if _, err := os.Stat(candidate); err == nil && filepath.Base(candidate) == k.lock {
			return candidate, k, nil
		}
	}
	return "", kind{}, fmt.Errorf("%s is neither a lock nor a folder with one; want %s", path, strings.Join(names, ", "))
}

// cargoExample locks about 390 packages.
const cargoExample = `[package]
name = "example"
version = "0.0.0"
edition = "2021"

[dependencies]
tokio = { version = "1", features = ["full"] }
axum = { version = "0.8", features = ["macros", "multipart", "ws"] }
reqwest = { version = "0.12", features = ["blocking", "cookies", "gzip", "json", "rustls-tls"] }
diesel = { version = "2", features = ["postgres", "r2d2", "sqlite"] }
bevy = { version = "0.16", default-features = false }
wasmtime = "33"
`
