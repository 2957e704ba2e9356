package solve

import (
	"context"
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// world is a universe in text, one release or option a line:
//
//	app 0.1.0 member               a workspace member
//	  > foo ^1 features=a,b dev    a dependency of the release above; also build, optional,
//	                               nodefault, alias=x, target=x, source=x; blanks in the
//	                               requirement are written as underscores
//	  @ default = a dep:x y?/f     a feature of it
//	foo 1.0.0 links=z rust=1.60    a release; also yanked, source=x, local, patch=x, broken
//	! rust 1.60                    wanted Rust versions
//	! locked foo 1.0.0             a version to keep
//	! limit 10                     steps
type world struct {
	input    Input
	releases map[Crate][]Release
	parsed   []*Release
	place    []map[string]string // words of each parsed release
}

func parseWorld(text string) (*world, error) {
	w := &world{releases: map[Crate][]Release{}}
	for number, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if err := w.line(fields); err != nil {
			return nil, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	for i, r := range w.parsed {
		w.file(*r, w.place[i])
	}
	return w, nil
}

func (w *world) line(fields []string) error {
	if len(fields) < 2 || len(fields) < 3 && strings.ContainsAny(fields[0], ">@!") {
		return fmt.Errorf("too short: %q", fields)
	}
	if (fields[0] == ">" || fields[0] == "@") && len(w.parsed) == 0 {
		return fmt.Errorf("no release above")
	}
	switch fields[0] {
	case ">":
		r := w.parsed[len(w.parsed)-1]
		r.Deps = append(r.Deps, parseDependency(fields[1:]))
	case "@":
		r := w.parsed[len(w.parsed)-1]
		r.Features[fields[1]] = fields[3:]
	case "!":
		return w.option(fields[1], fields[2:])
	default:
		words := words(fields[2:])
		r := &Release{Source: words["source"], Name: fields[0], Version: fields[1], RustVersion: words["rust"]}
		r.Links, r.Features = words["links"], map[string][]string{}
		_, r.Yanked = words["yanked"]
		if _, broken := words["broken"]; broken {
			r.Load = func() (Details, error) { return Details{}, fmt.Errorf("line cannot be read") }
		}
		w.parsed, w.place = append(w.parsed, r), append(w.place, words)
	}
	return nil
}

func (w *world) option(name string, args []string) error {
	switch name {
	case "rust":
		w.input.RustVersions = args
	case "locked":
		w.input.Locked = append(w.input.Locked, Version{Crate{"", args[0]}, args[1]})
	case "limit":
		_, err := fmt.Sscan(args[0], &w.input.Limit)
		return err
	default:
		return fmt.Errorf("unknown option %q", name)
	}
	return nil
}

// file puts a release where it belongs.
func (w *world) file(r Release, words map[string]string) {
	crate := Crate{r.Source, r.Name}
	_, member := words["member"]
	_, local := words["local"]
	of, patch := words["patch"]
	switch {
	case member:
		w.input.Members = append(w.input.Members, r)
	case local:
		w.input.Locals = append(w.input.Locals, r)
	case patch:
		w.input.Patches = append(w.input.Patches, Patch{Crate{"", of}, r})
	default:
		w.releases[crate] = append(w.releases[crate], r)
	}
}

func words(fields []string) map[string]string {
	set := map[string]string{}
	for _, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		set[key] = value
	}
	return set
}

func parseDependency(fields []string) Dependency {
	d := Dependency{Name: fields[0], Req: strings.ReplaceAll(fields[1], "_", " "), DefaultFeatures: true}
	if d.Req == "any" {
		d.Req = ""
	}
	for key, value := range words(fields[2:]) {
		switch key {
		case "features":
			d.Features = strings.Split(value, ",")
		case "nodefault":
			d.DefaultFeatures = false
		case "optional":
			d.Optional = true
		case "dev":
			d.Kind = Dev
		case "build":
			d.Kind = Build
		case "alias":
			d.Alias = value
		case "target":
			d.Target = value
		case "source":
			d.Source = value
		}
	}
	return d
}

// ask is the Universe.
func (w *world) ask(_ context.Context, c Crate) ([]Release, error) {
	if releases, ok := w.releases[c]; ok {
		return releases, nil
	}
	return nil, fmt.Errorf("crate %s: %w", c.Name, feed.ErrNotFound)
}

// draw writes a result as a lock: each package with its features, then what it uses.
func draw(r Result) string {
	var b strings.Builder
	next := 0
	for i, p := range r.Packages {
		fmt.Fprintf(&b, "%s", drawVersion(p.Version))
		if p.Member {
			b.WriteString(" member")
		}
		if len(p.Features) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(p.Features, " "))
		}
		b.WriteByte('\n')
		for ; next < len(r.Edges) && r.Edges[next].From == i; next++ {
			e := r.Edges[next]
			fmt.Fprintf(&b, "  > %s", drawVersion(r.Packages[e.To].Version))
			if e.Dep.Kind != Normal {
				fmt.Fprintf(&b, " %v", e.Dep.Kind)
			}
			b.WriteByte('\n')
		}
	}
	for _, v := range r.Unused {
		fmt.Fprintf(&b, "unused %s\n", drawVersion(v))
	}
	return b.String()
}

func drawVersion(v Version) string {
	text := v.Name + " " + v.Version
	if v.Source != "" {
		text += " (" + v.Source + ")"
	}
	return text
}
