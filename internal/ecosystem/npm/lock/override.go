package lock

import (
	"slices"
	"strings"
)

// override gives a reduced root the overrides that yarn's resolutions and pnpm's
// overrides amount to, unless it has npm's own.
func (p *project) override(root *value) {
	if root.get("overrides") != nil {
		return
	}
	overrides := &value{kind: object}
	for _, section := range []*value{
		p.root.get("resolutions"), p.root.get("pnpm").get("overrides"), p.workspace.get("overrides"),
	} {
		for _, d := range section.texts("") {
			d.spec = overrideRange(p, d.spec, lastSegment(d.name))
			if d.spec == "" {
				continue
			}
			segments := overridePath(d.name)
			if len(segments) == 1 && replaceDirect(root, segments[0], d.spec) {
				d.spec = "$" + segments[0]
			}
			nest(overrides, segments, d.spec)
		}
	}
	if len(overrides.keys) > 0 {
		root.set("overrides", overrides)
	}
}

func lastSegment(pattern string) string {
	segments := overridePath(pattern)
	if len(segments) == 0 {
		return pattern
	}
	name, _, _ := splitAt(segments[len(segments)-1])
	return name
}

// overrideRange returns what an override puts in place, or "" for pnpm's "-",
// which removes a dependency and which npm cannot say.
func overrideRange(p *project, spec, name string) string {
	if spec == "-" {
		return ""
	}
	if strings.HasPrefix(spec, "$") {
		return spec
	}
	plain, err := p.plainRange(p.src, dependency{name: name, spec: spec})
	if err != nil {
		return ""
	}
	if parsed := parseSpec(name, plain); parsed.kind == specRegistry && parsed.name == name {
		return parsed.text
	}
	return plain
}

// overridePath splits the pattern of a resolution ("a/**/b", "a/b@npm:^1") or of a
// pnpm override ("a@1>b") into the names on the way, each with its range.
func overridePath(pattern string) []string {
	var path []string
	for _, part := range splitParents(pattern) {
		for _, segment := range splitSlashes(part) {
			if name, text, ok := splitAt(segment); ok {
				segment = name + "@" + strings.TrimPrefix(text, "npm:")
			}
			path = append(path, segment)
		}
	}
	return path
}

// splitParents splits at ">" that is not part of a range.
func splitParents(pattern string) []string {
	var parts []string
	start := 0
	for i := 1; i < len(pattern); i++ {
		if pattern[i] == '>' && !strings.ContainsRune(" |@<=>", rune(pattern[i-1])) && i+1 < len(pattern) && pattern[i+1] != '=' {
			parts = append(parts, pattern[start:i])
			start = i + 1
		}
	}
	return append(parts, pattern[start:])
}

// splitSlashes splits a path of names, scopes kept together, without "**".
func splitSlashes(pattern string) []string {
	words := strings.Split(pattern, "/")
	var segments []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if strings.HasPrefix(word, "@") && i+1 < len(words) {
			i++
			word += "/" + words[i]
		}
		if word != "**" && word != "*" && word != "" {
			segments = append(segments, word)
		}
	}
	return segments
}

// replaceDirect changes a direct dependency of the root and reports whether
// there is one.
func replaceDirect(root *value, name, spec string) bool {
	found := false
	for _, section := range dependencyMaps {
		if m := root.get(section); m.get(name) != nil && section != "peerDependencies" {
			m.set(name, textValue(spec))
			found = true
		}
	}
	return found
}

// nest sets an override below the packages that lead to it.
func nest(overrides *value, path []string, spec string) {
	if len(path) == 0 || len(path) > 32 || slices.Contains(path, ".") {
		return
	}
	at := overrides
	for _, name := range path[:len(path)-1] {
		next := at.get(name)
		switch {
		case next == nil:
			next = &value{kind: object}
		case next.kind != object:
			next = &value{kind: object, keys: []string{"."}, items: []*value{next}}
		}
		at.set(name, next)
		at = next
	}
	last := path[len(path)-1]
	if old := at.get(last); old != nil && old.kind == object {
		old.set(".", textValue(spec))
		return
	}
	at.set(last, textValue(spec))
}
