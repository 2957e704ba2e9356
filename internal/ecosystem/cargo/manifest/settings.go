// Package manifest reads Cargo.toml: a package or a workspace with its members,
// path dependencies and patches, as far as they lie below the folder of the file.
//
// Terms: a member is a package of the workspace; a local package is any package
// on disk; inheritance is "workspace = true". The rules are those of the Cargo
// book: manifest, workspaces, features, overriding dependencies.
package manifest

import "github.com/feedctl/feedctl/pkg/feed"

// Settings is a project as the resolver needs it, and as the feed remembers it.
type Settings struct {
	Members  []Package `json:"members"`          // in Cargo's order
	Locals   []Package `json:"locals,omitempty"` // path dependencies that are no members
	Patches  []Patch   `json:"patches,omitempty"`
	Fallback bool      `json:"rust_version_fallback,omitempty"` // versions for the project's Rust are preferred (resolver 3)

	Registries map[string]string `json:"registries,omitempty"` // how Cargo.lock names the registries that dependencies name

	Skipped []feed.Skipped `json:"skipped,omitempty"` // dependencies that no registry can serve
}

// Package is one package on disk.
type Package struct {
	Folder       string              `json:"folder"` // relative to the project's folder; "." for that one
	Name         string              `json:"name"`
	Version      string              `json:"version"`
	Links        string              `json:"links,omitempty"`
	RustVersion  string              `json:"rust_version,omitempty"`
	Features     map[string][]string `json:"features,omitempty"`
	Dependencies []Dependency        `json:"dependencies,omitempty"` // in Cargo's order
}

// Dependency is one entry of a dependency table.
type Dependency struct {
	Name            string   `json:"name"`               // real name of the crate
	Alias           string   `json:"alias,omitempty"`    // name in the project, where that differs
	Registry        string   `json:"registry,omitempty"` // name of the registry, as part of package names
	Folder          string   `json:"folder,omitempty"`   // of a local package
	Range           string   `json:"range,omitempty"`
	Features        []string `json:"features,omitempty"`
	DefaultFeatures bool     `json:"default_features"`
	Optional        bool     `json:"optional,omitempty"`
	Kind            string   `json:"kind,omitempty"` // "" for a normal one, else "dev" or "build"
	Target          string   `json:"target,omitempty"`
}

// Patch puts another release in the place of a registry's.
type Patch struct {
	Name     string `json:"name"`               // real name of the crate that is patched
	Registry string `json:"registry,omitempty"` // whose crate is patched
	Folder   string `json:"folder,omitempty"`   // of the local package that takes its place
	From     string `json:"from,omitempty"`     // registry of the release that takes its place, when Folder is empty
	Range    string `json:"range,omitempty"`    // versions of it
}
