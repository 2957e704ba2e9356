package npm

import (
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// links returns the further names of the tarballs that are here: those under
// which lockfiles may record them, and yarn's flat folder when asked for. A name
// that belongs to another release is never given away.
func (r *rendering) links() []feed.Document {
	taken := map[string]bool{}
	for _, release := range r.releases {
		taken[strings.ToLower(tarballPath(r.name, release.Version))] = true
	}
	var documents []feed.Document
	for _, release := range r.releases {
		file := mainFile(r.name, release)
		if len(release.Files) == 0 || file.Absent {
			continue
		}
		for _, path := range r.aliases(release, file) {
			if lower := strings.ToLower(path); path != "" && !taken[lower] {
				taken[lower] = true
				documents = append(documents, feed.Document{Path: path, Link: file.Path})
			}
		}
	}
	return documents
}

// aliases returns the further names of one tarball; "" stands for none.
func (r *rendering) aliases(release *feed.Release, file feed.File) []string {
	aliases := []string{upstreamAlias(r.name, file.URL)}
	if plain, _, isBuild := strings.Cut(release.Version, "+"); isBuild {
		aliases = append(aliases, tarballPath(r.name, plain)) // pnpm leaves build metadata out
	}
	if r.layout.Extra(extraOfflineMirror) {
		aliases = append(aliases, offlineMirrorPath(r.name, release.Version))
	}
	return aliases
}

// upstreamAlias returns the path in the feed that stands for the upstream's own
// address of a tarball: npm keeps the path of an address that a lockfile records.
// Only addresses in the package's own folder have one, so that no upstream can
// put a file where clients look for another package.
func upstreamAlias(name, address string) string {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return ""
	}
	marker := "/" + name + "/-/"
	at := strings.LastIndex(u.Path, marker)
	if at < 0 {
		return ""
	}
	file := u.Path[at+len(marker):]
	segments := strings.Split(file, "/")
	last := segments[len(segments)-1]
	// Some registries repeat the scope in front of the file's name.
	if len(segments) > 2 || len(segments) == 2 && !strings.HasPrefix(name, segments[0]+"/") || !fileSegment(last) {
		return ""
	}
	return tarballFolder(name) + file
}

// fileSegment reports whether text is a plain file name of modest length.
func fileSegment(text string) bool {
	return len(text) <= 255 && plainSegment(strings.ReplaceAll(text, "+", "-"))
}
