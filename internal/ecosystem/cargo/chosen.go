package cargo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/manifest"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/solve"
	"github.com/feedctl/feedctl/pkg/feed"
)

// choose lets the graph write the solution as Cargo.lock. Cargo takes a lock only
// when it names every registry by its id; where one is not known, a note says so
// in place of the lock.
func (f *free) choose(graph *feed.Graph, result solve.Result) {
	if source := f.request.Options[optionSource]; source != "" && source != "none" {
		f.sources[""] = source
	}
	for _, p := range result.Packages {
		if strings.HasPrefix(p.Source, onDisk) {
			continue
		}
		if _, known := f.sources[p.Source]; known {
			continue
		}
		note := "no Cargo.lock is written: how it names the registry " + p.Source + " is not known; write [registries] with its index into the project's .cargo/config.toml"
		if p.Source == "" {
			note = "no Cargo.lock is written: how it names the default registry is not known; install cargo, or give the option registry-id as another Cargo.lock has it"
		}
		graph.Notes = append(graph.Notes, note)
		return
	}
	graph.Chosen = func(release func(name, version string) (feed.Release, error)) ([]feed.Document, error) {
		return f.chosen(result, release)
	}
}

func (f *free) chosen(result solve.Result, release func(name, version string) (feed.Release, error)) ([]feed.Document, error) {
	packages := make([]lock.Package, len(result.Packages))
	for i, p := range result.Packages {
		packages[i] = lock.Package{Name: p.Name, Version: p.Version.Version}
		if strings.HasPrefix(p.Source, onDisk) {
			continue
		}
		packages[i].Source = f.sources[p.Source]
		r, err := release(crate.Join(p.Source, p.Name), p.Version.Version)
		if err != nil {
			return nil, err
		}
		line, err := decode(p.Name, p.Version.Version, r.Metadata)
		if err != nil {
			return nil, err
		}
		packages[i].Checksum = line.Checksum
	}
	for _, edge := range result.Edges {
		packages[edge.From].Dependencies = append(packages[edge.From].Dependencies, edge.To)
	}
	var unused []lock.Package
	for _, v := range result.Unused {
		one := lock.Package{Name: v.Name, Version: v.Version}
		if !strings.HasPrefix(v.Source, onDisk) {
			one.Source = f.sources[v.Source]
		}
		unused = append(unused, one)
	}
	documents := []feed.Document{{Path: lock.FileName, Bytes: lock.Write(packages, unused)}}
	if len(f.request.Settings) == 0 {
		documents = append(documents, feed.Document{Path: manifest.FileName, Bytes: f.projectManifest()})
	}
	return documents, nil
}

// projectManifest is the Cargo.toml that the lock for single requirements belongs
// to.
func (f *free) projectManifest() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "[package]\nname = %q\nversion = \"0.0.0\"\nedition = \"2018\"\n\n[lib]\npath = \"lib.rs\"\n\n[workspace]\n\n[dependencies]\n", projectName)
	for _, d := range f.settings.Members[0].Dependencies {
		version := d.Range
		if version == "" {
			version = "*"
		}
		fmt.Fprintf(&b, "%s = { version = %q", d.Name, version)
		if d.Registry != "" {
			fmt.Fprintf(&b, ", registry-index = %q", strings.TrimPrefix(f.sources[d.Registry], string(crate.Git)+"+"))
		}
		if !d.DefaultFeatures {
			b.WriteString(", default-features = false")
		}
		if len(d.Features) > 0 {
			quoted := make([]string, len(d.Features))
			for i, feature := range slices.Sorted(slices.Values(d.Features)) {
				quoted[i] = fmt.Sprintf("%q", feature)
			}
			b.WriteString(", features = [" + strings.Join(quoted, ", ") + "]")
		}
		b.WriteString(" }\n")
	}
	return b.Bytes()
}
