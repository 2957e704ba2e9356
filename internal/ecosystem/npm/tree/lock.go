package tree

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// LockOptions say what a lock holds besides the tree itself.
type LockOptions struct {
	// Name stands in the lock when the project's package.json has none; npm
	// uses the name of the project's folder.
	Name string
	// Tarball returns the address and the integrity (SRI) of a version's
	// tarball; nil, or an empty answer, leaves the field out. Without an address
	// npm builds it from the configured registry.
	Tarball func(name, version string) (resolved, integrity string)
	// OmitMissing leaves optional dependencies that cannot be had out of what the
	// lock repeats of a manifest. npm's own locks name them, and then npm 11's
	// "ci" refuses the lock as long as no registry has them.
	OmitMissing bool
}

// object is a JSON object that is written in npm's order of keys.
type object map[string]any

// Lock returns the tree as package-lock.json, version 3, with the keys in the
// order that npm writes. npm's documentation of package-lock.json describes the form.
func (t *Tree) Lock(options LockOptions) ([]byte, error) {
	root := t.Root.Manifest
	lock := object{"name": root.Name, "lockfileVersion": json.Number("3"), "requires": true}
	if root.Name == "" {
		lock["name"] = options.Name
	}
	if root.Version != "" {
		lock["version"] = root.Version
	}
	if len(t.Root.Edges) == 0 {
		delete(lock, "requires")
	}
	packages := object{}
	for _, n := range t.Nodes {
		if n.stale() {
			continue
		}
		packages[n.Path] = t.entry(n, options)
	}
	lock["packages"] = packages
	var out bytes.Buffer
	writeValue(&out, lock, "")
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// stale reports whether a node is a leftover outside node_modules.
func (n *Node) stale() bool {
	return n.Extraneous && n.Path != "" && !strings.Contains("/"+n.Path, "/node_modules/")
}

// entry is what the lock says about one folder.
func (t *Tree) entry(n *Node, options LockOptions) object {
	if n.Link != nil {
		return object{"resolved": n.Link.Path, "link": true}
	}
	entry := n.Manifest.lockFields()
	base := path.Base(n.Path)
	if scope := path.Base(path.Dir(n.Path)); strings.HasPrefix(scope, "@") {
		base = scope + "/" + base
	}
	if name := n.Manifest.Name; name != "" && (n == t.Root || name != n.Name || name != base) {
		entry["name"] = name
	}
	if n == t.Root || n.Member {
		entry.add("devDependencies", depsObject(n.Manifest.Fields().DevDependencies))
	} else if options.Tarball != nil {
		resolved, integrity := options.Tarball(n.Manifest.Name, n.Manifest.Version)
		entry.add("resolved", resolved)
		entry.add("integrity", integrity)
	}
	if options.OmitMissing {
		n.omitMissing(entry)
	}
	n.addFlags(entry)
	return entry
}

func (n *Node) omitMissing(entry object) {
	optional, ok := entry["optionalDependencies"].(object)
	if !ok {
		return
	}
	for _, e := range n.Edges {
		if e.Kind == Optional && e.To == nil && !e.Bundled {
			delete(optional, e.Name)
		}
	}
	if len(optional) == 0 {
		delete(entry, "optionalDependencies")
	}
}

func (n *Node) addFlags(entry object) {
	set := map[string]bool{"extraneous": n.Extraneous}
	if !n.Extraneous {
		set["peer"], set["dev"], set["optional"] = n.Peer, n.Dev, n.Optional
		set["devOptional"] = n.DevOptional && !n.Dev && !n.Optional
	}
	for name, on := range set {
		if on {
			entry[name] = true
		}
	}
}

// verbatim are the fields of a manifest that the lock repeats as they are.
var verbatim = []string{
	"peerDependencies", "peerDependenciesMeta", "optionalDependencies", "acceptDependencies",
	"engines", "os", "cpu", "libc", "deprecated", "workspaces",
}

// lockFields are the fields of the lock that come from the manifest.
func (m *Manifest) lockFields() object {
	var doc map[string]json.RawMessage
	lenient(m.raw, &doc)
	entry := object{}
	for _, key := range verbatim {
		entry.add(key, generic(doc[key]))
	}
	f := m.Fields()
	entry.add("version", m.Version)
	entry.add("dependencies", depsObject(f.Dependencies))
	if _, ok := entry["optionalDependencies"]; !ok {
		entry.add("optionalDependencies", depsObject(f.OptionalDependencies))
	}
	if _, ok := entry["peerDependencies"]; !ok {
		entry.add("peerDependencies", depsObject(f.PeerDependencies))
	}
	entry.add("bundleDependencies", texts(f.Bundled))
	entry.add("license", license(generic(doc["license"])))
	entry.add("funding", funding(generic(doc["funding"])))
	entry.add("bin", bins(m.Name, generic(doc["bin"])))
	if f.HasInstallScript {
		entry["hasInstallScript"] = true
	}
	if f.HasShrinkwrap {
		entry["hasShrinkwrap"] = true
	}
	return entry
}

// add sets a key unless the value is empty.
func (o object) add(key string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	case bool:
		if !v {
			return
		}
	case object:
		if len(v) == 0 {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
	}
	o[key] = value
}

func depsObject(deps Deps) object {
	o := object{}
	for _, dep := range deps {
		o[dep.Name] = dep.Spec
	}
	return o
}

func texts(list []string) []any {
	var values []any
	for _, text := range list {
		values = append(values, text)
	}
	return values
}

// license is the text of a licence that may be written as an object.
func license(value any) any {
	if o, ok := value.(object); ok {
		if kind, ok := o["type"].(string); ok && kind != "" {
			return kind
		}
	}
	return value
}

func funding(value any) any {
	if address, ok := value.(string); ok && address != "" {
		return object{"url": address}
	}
	return value
}

// bins is the map of commands. A package with one command may write its path
// alone; paths lead nowhere outside the package.
func bins(name string, value any) object {
	commands := object{}
	add := func(command string, target any) {
		file, ok := target.(string)
		command = path.Base(inside(command))
		if ok && command != "." && inside(file) != "" {
			commands[command] = inside(file)
		}
	}
	switch v := value.(type) {
	case string:
		add(name, v)
	case []any:
		for _, item := range v {
			if file, ok := item.(string); ok {
				add(path.Base(file), file)
			}
		}
	case object:
		for command, target := range v {
			add(command, target)
		}
	}
	return commands
}

// inside returns a path below the package's folder in plain form.
func inside(file string) string {
	file = strings.NewReplacer(`\`, "/", ":", "/").Replace(file)
	return strings.TrimPrefix(path.Clean("/"+file), "/")
}

// generic decodes any JSON value, keeping numbers as written.
func generic(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil
	}
	return objects(value)
}

func objects(value any) any {
	switch v := value.(type) {
	case map[string]any:
		o := object{}
		for key, member := range v {
			o[key] = objects(member)
		}
		return o
	case []any:
		for i := range v {
			v[i] = objects(v[i])
		}
	}
	return value
}

// leading are the keys that npm writes before all others, in this order.
var leading = []string{"name", "version", "lockfileVersion", "resolved", "integrity", "requires", "packages", "dependencies"}

// writeValue writes JSON as npm does: two spaces a level, in an object first
// the members that are no objects, then the others, each by name.
func writeValue(out *bytes.Buffer, value any, indent string) {
	switch v := value.(type) {
	case object:
		if len(v) == 0 {
			out.WriteString("{}")
			return
		}
		writeList(out, '{', '}', indent, len(v), func(i int, keys []string) {
			writeText(out, keys[i])
			out.WriteString(": ")
			writeValue(out, v[keys[i]], indent+"  ")
		}, v.keys())
	case []any:
		if len(v) == 0 {
			out.WriteString("[]")
			return
		}
		writeList(out, '[', ']', indent, len(v), func(i int, _ []string) { writeValue(out, v[i], indent+"  ") }, nil)
	case string:
		writeText(out, v)
	case json.Number:
		out.WriteString(v.String())
	case bool:
		if v {
			out.WriteString("true")
			return
		}
		out.WriteString("false")
	default:
		out.WriteString("null")
	}
}

func writeList(out *bytes.Buffer, open, shut byte, indent string, n int, member func(int, []string), keys []string) {
	out.WriteByte(open)
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n  " + indent)
		member(i, keys)
	}
	out.WriteString("\n" + indent)
	out.WriteByte(shut)
}

// writeText writes a text with only those characters escaped that must be.
func writeText(out *bytes.Buffer, text string) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	start := out.Len()
	if encoder.Encode(text) != nil {
		return
	}
	written := bytes.TrimSuffix(bytes.Clone(out.Bytes()[start:]), []byte("\n"))
	written = bytes.ReplaceAll(written, []byte(`\u2028`), []byte("\u2028"))
	written = bytes.ReplaceAll(written, []byte(`\u2029`), []byte("\u2029"))
	out.Truncate(start)
	out.Write(written)
}

// keys returns the members in the order of writing.
func (o object) keys() []string {
	keys := make([]string, 0, len(o))
	for key := range o {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		_, objectA := o[a].(object)
		_, objectB := o[b].(object)
		switch placeA, placeB := slices.Index(leading, a), slices.Index(leading, b); {
		case objectA != objectB && objectA:
			return 1
		case objectA != objectB:
			return -1
		case placeA >= 0 && placeB >= 0:
			return placeA - placeB
		case placeA >= 0:
			return -1
		case placeB >= 0:
			return 1
		}
		return collate(a, b)
	})
	return keys
}
