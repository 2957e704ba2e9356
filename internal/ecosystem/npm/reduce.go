package npm

import (
	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
)

// reducer makes the reduced manifests that choosing needs: the members in
// keeps, and hasInstallScript as computed. They share a few large buffers.
type reducer struct {
	buffer     []byte
	deprecated map[string]string // version → the owner's warning
}

// keeps says which members of a manifest decide a choice. They are copied as
// they are, because registries hold them in more forms than the specification.
func keeps(key string) bool {
	switch key {
	case "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
		"bundleDependencies", "bundledDependencies", "engines", "os", "cpu", "libc",
		"deprecated", "_hasShrinkwrap":
		return true
	}
	return false
}

// chunk is the size of a buffer that many reduced manifests share, in bytes.
const chunk = 32 << 10

// pick is a pick that reduces every manifest.
func (r *reducer) pick(p *rawjson.Parser, version string) ([]byte, error) {
	if cap(r.buffer)-len(r.buffer) < chunk/16 {
		r.buffer = make([]byte, 0, chunk)
	}
	delete(r.deprecated, version)
	start := len(r.buffer)
	r.buffer = append(r.buffer, '{')
	var scripts installScripts
	err := p.Object(func(key []byte) error {
		name := string(key)
		if !keeps(name) {
			return scripts.read(p, name)
		}
		value, err := p.Value()
		if name == "deprecated" {
			r.deprecated[version] = deprecation(value)
		}
		r.append(start, name, value)
		return err
	})
	if scripts.run() {
		r.append(start, "hasInstallScript", []byte("true"))
	}
	r.buffer = append(r.buffer, '}')
	end := len(r.buffer)
	return r.buffer[start:end:end], err
}

// append adds a member to the object that starts at start.
func (r *reducer) append(start int, name string, value []byte) {
	if len(r.buffer) > start+1 {
		r.buffer = append(r.buffer, ',')
	}
	r.buffer = append(r.buffer, '"')
	r.buffer = append(r.buffer, name...)
	r.buffer = append(r.buffer, '"', ':')
	r.buffer = rawjson.AppendCompact(r.buffer, value)
}

// installScripts finds out whether installing a release runs a script of it.
type installScripts struct {
	said                             bool // hasInstallScript is true
	preinstall, install, postinstall bool // scripts that are there
	gyp                              bool // gypfile is true: npm runs node-gyp where there is no preinstall or install
	noGyp                            bool // gypfile is false: npm does not, whatever files there are
}

// read takes note of one member of a manifest or a package.json.
func (s *installScripts) read(p *rawjson.Parser, key string) error {
	switch key {
	case "scripts":
		s.preinstall, s.install, s.postinstall = false, false, false
		return readStrings(p, s.readScript)
	case "gypfile", "hasInstallScript":
		value, err := p.Value()
		if yes := string(value) == "true"; key == "gypfile" {
			s.gyp, s.noGyp = yes, string(value) == "false"
		} else {
			s.said = yes
		}
		return err
	}
	return nil
}

func (s *installScripts) readScript(name, command string) {
	switch name {
	case "preinstall":
		s.preinstall = command != ""
	case "install":
		s.install = command != ""
	case "postinstall":
		s.postinstall = command != ""
	}
}

// run reports whether npm has to be told that there is an install script. A
// gypfile beside scripts of its own is covered by these.
func (s *installScripts) run() bool {
	return s.said || s.preinstall || s.install || s.postinstall || s.gyp
}
