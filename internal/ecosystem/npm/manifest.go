package npm

import (
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
	"github.com/feedctl/feedctl/pkg/feed"
)

// manifest is a JSON object that keeps the order of its members while some are
// set.
type manifest []rawjson.Member

// set gives a member a value, at its place or at the end.
func (m *manifest) set(key string, value []byte) {
	for i := range *m {
		if (*m)[i].Key == key {
			(*m)[i].Value = value
			return
		}
	}
	*m = append(*m, rawjson.Member{Key: key, Value: value})
}

func (m *manifest) setString(key, text string) { m.set(key, rawjson.AppendString(nil, text)) }

func (m *manifest) remove(key string) {
	*m = slices.DeleteFunc(*m, func(one rawjson.Member) bool { return one.Key == key })
}

// text returns a member that is a text, or "".
func (m manifest) text(key string) string {
	text, _ := rawjson.String(member(m, key))
	return text
}

// appendTo appends the object in the form in which it is published.
func (m manifest) appendTo(dst []byte) []byte {
	dst = append(dst, '{')
	for i, one := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = rawjson.AppendString(dst, one.Key)
		dst = append(dst, ':')
		dst = rawjson.AppendSafe(dst, one.Value)
	}
	return append(dst, '}')
}

// publishedManifest returns the manifest of a release as the feed offers it:
// the upstream's, with what clients cannot do without made sure of, and with
// the feed's own addresses.
func publishedManifest(layout feed.Layout, name string, release *feed.Release) (manifest, error) {
	var m manifest
	if len(release.Metadata) > 0 {
		members, err := rawjson.Members(release.Metadata)
		if err != nil {
			return nil, fmt.Errorf("npm: %s@%s: metadata in the ledger: %w", name, release.Version, err)
		}
		m = members
	}
	m.setString("name", name)
	m.setString("version", release.Version)
	if deprecation(member(m, "deprecated")) != release.Deprecated {
		m.remove("deprecated")
		if release.Deprecated != "" {
			m.setString("deprecated", release.Deprecated)
		}
	}
	runs, err := hasInstallScript(m)
	if err != nil {
		return nil, err
	}
	if runs {
		m.set("hasInstallScript", []byte("true"))
	}
	d, err := publishedDist(layout, name, release, member(m, "dist"))
	m.set("dist", d)
	return m, err
}

// hasInstallScript reports whether installing the release runs a script of it.
func hasInstallScript(m manifest) (bool, error) {
	var scripts installScripts
	for _, one := range m {
		if err := scripts.read(rawjson.NewParser(one.Value), one.Key); err != nil {
			return false, err
		}
	}
	return scripts.run(), nil
}

// publishedDist returns the dist member with the tarball's address in the feed
// and both of its digests.
func publishedDist(layout feed.Layout, name string, release *feed.Release, upstream []byte) ([]byte, error) {
	var d manifest
	if len(upstream) > 0 {
		members, err := rawjson.Members(upstream)
		if err != nil {
			return nil, err
		}
		d = members
	}
	file := mainFile(name, release)
	d.setString("tarball", publishedAddress(layout, name, release.Version, file.URL, d.text("tarball")))
	setDigests(&d, file.Digests)
	trimAttestations(layout, &d)
	return d.appendTo(nil), nil
}

// mainFile returns the tarball of a release.
func mainFile(name string, release *feed.Release) feed.File {
	path := tarballPath(name, release.Version)
	for _, file := range release.Files {
		if file.Path == path {
			return file
		}
	}
	return feed.File{Path: path}
}

// publishedAddress is the tarball's address in the feed or, in a feed that does
// not know its own, at the upstream: npm and every client with a lockfile put
// their registry's in place of it. Without any it is relative to the registry.
func publishedAddress(layout feed.Layout, name, version, origin, recorded string) string {
	relative := strings.TrimPrefix(tarballPath(name, version), folder)
	switch {
	case layout.Base != "":
		return layout.Base + "/" + folder + relative
	case isWeb(origin):
		return origin
	case isWeb(recorded):
		return recorded
	}
	return relative
}

// setDigests writes integrity and shasum. The upstream's own texts are kept, as
// signatures cover them, unless they are missing, wrong or weak.
func setDigests(d *manifest, digests feed.Digests) {
	recorded, err := feed.ParseSRI(d.text("integrity"))
	weak := recorded["sha512"] == "" && digests["sha512"] != "" && member(*d, "signatures") == nil
	if err != nil || recorded.Conflict(digests) != "" || weak {
		d.remove("integrity")
		if best := digests.Strongest(); best != "" {
			d.setString("integrity", digests.SRI(best))
		}
	}
	switch sum := digests["sha1"]; {
	case sum != "" && sum != d.text("shasum"):
		d.setString("shasum", sum)
	case sum == "" && !isSHA1(d.text("shasum")):
		d.remove("shasum")
	}
}

// trimAttestations takes the address out of dist.attestations once the feed has
// one of its own: the feed does not hold that document, and names no other host.
// What is said about the provenance stays.
func trimAttestations(layout feed.Layout, d *manifest) {
	members, err := rawjson.Members(member(*d, "attestations"))
	attestations := manifest(members)
	if err != nil || layout.Base == "" || attestations.text("url") == "" {
		return
	}
	attestations.remove("url")
	d.set("attestations", attestations.appendTo(nil))
}
