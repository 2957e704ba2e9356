package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
	"github.com/feedctl/feedctl/pkg/feed"
)

// limits cap what is read of a tarball, in bytes where not said otherwise.
type limits struct {
	entries  int   // number of them
	total    int64 // after decompression
	free     int64 // decompressed size up to which the ratio does not count
	ratio    int64 // decompressed to compressed
	manifest int64 // the package.json
}

// tarballLimits are far above the largest packages there are.
var tarballLimits = limits{entries: 1 << 20, total: 8 << 30, free: 256 << 20, ratio: 200, manifest: 16 << 20}

// ScriptError says that a tarball runs install scripts of which the registry's
// metadata says nothing. It does not make the tarball wrong, so it is a warning.
type ScriptError struct {
	Path string // of the tarball
}

func (e *ScriptError) Error() string {
	return e.Path + ": runs an install script that the metadata conceals: clients that go by the metadata skip it, others run it unannounced"
}

// Warning reports that the finding does not condemn the tarball.
func (e *ScriptError) Warning() bool { return true }

// Inspect checks that a tarball is what clients take for the release: a gzip'd
// tar archive with one top folder, whatever its name, that has a package.json of
// the same name and version, and nothing that could be written outside. A
// tarball that is something else is a *feed.IntegrityError; one that is right
// but conceals install scripts a *[ScriptError].
func Inspect(r io.Reader, name string, release feed.Release, file feed.File) error {
	return tarballLimits.inspect(r, name, release, file)
}

func (l limits) inspect(r io.Reader, name string, release feed.Release, file feed.File) error {
	found, err := l.readTarball(r)
	if wrong := (*formatError)(nil); errors.As(err, &wrong) {
		return &feed.IntegrityError{Path: file.Path, Got: wrong.got, Want: wrong.want}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file.Path, err)
	}
	if found.name != name || !sameVersion(found.version, release.Version) {
		return &feed.IntegrityError{
			Path: file.Path,
			Got:  fmt.Sprintf("a package.json of %.100q, version %.100q", found.name, found.version),
			Want: fmt.Sprintf("%q, version %q", name, release.Version),
		}
	}
	m, err := rawjson.Members(release.Metadata)
	if err != nil && len(release.Metadata) > 0 {
		return fmt.Errorf("npm: %s@%s: metadata in the ledger: %w", name, release.Version, err)
	}
	announced, err := hasInstallScript(m)
	if err == nil && found.scripts.run() && !announced {
		return &ScriptError{Path: file.Path}
	}
	return err
}

// sameVersion compares a version in a package.json with a registry's, which
// drops build metadata and what npm tolerates around a version.
func sameVersion(inside, registry string) bool {
	if inside == registry {
		return true
	}
	a, b := parseVersion(strings.TrimSpace(inside)), parseVersion(registry)
	return a != nil && b != nil && a.Compare(b) == 0
}

// formatError says what is wrong with an archive.
type formatError struct{ got, want string }

func (e *formatError) Error() string { return "got " + e.got + ", want " + e.want }

func wrongFormat(want, got string, args ...any) error {
	return &formatError{got: fmt.Sprintf(got, args...), want: want}
}

// tarball is what an inspection finds out.
type tarball struct {
	limits limits
	top    string // name of the top folder

	manifest []byte // package.json, nil until it is found
	gyp      bool   // there is a binding.gyp, which npm builds without being asked

	name, version string
	scripts       installScripts
}

// readTarball reads a whole tarball. Its errors are a *formatError when the
// bytes are wrong, else that of the reader.
func (l limits) readTarball(r io.Reader) (*tarball, error) {
	in := &countingReader{r: r}
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, in.explain(err, "no gzip data")
	}
	out := &countingReader{r: z, check: func(n int64) error { return l.checkSize(n, in.n) }}
	archive := tar.NewReader(out)
	t := &tarball{limits: l}
	for entries := 0; ; entries++ {
		header, err := archive.Next()
		if err == io.EOF && entries > 0 {
			break
		}
		if err != nil {
			return nil, in.explain(err, "no tar archive")
		}
		if entries >= l.entries {
			return nil, wrongFormat("a package", "more than %d entries", l.entries)
		}
		if err := t.add(header, archive); err != nil {
			return nil, in.explain(err, "a broken tar archive")
		}
	}
	if _, err := io.Copy(io.Discard, out); err != nil && !errors.Is(err, gzip.ErrHeader) {
		return nil, in.explain(err, "broken gzip data") // bytes behind the archive are of no effect
	}
	return t, t.finish()
}

// checkSize refuses what decompresses to far more than a package holds.
func (l limits) checkSize(n, compressed int64) error {
	if n > l.total || n > l.free && n > l.ratio*compressed {
		return wrongFormat("a package", "more than %d bytes out of %d: a decompression bomb", n-1, compressed)
	}
	return nil
}

// add takes note of one entry.
func (t *tarball) add(header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeReg, tar.TypeDir, tar.TypeSymlink, tar.TypeLink: // clients leave links out
	default:
		return wrongFormat("files and folders only", "an entry of type %q", header.Typeflag)
	}
	top, rest, err := splitEntry(header.Name)
	if err != nil || top == "" {
		return err
	}
	if t.top == "" {
		t.top = top
	}
	if top != t.top {
		return wrongFormat("one top folder", "the top folders %.100q and %.100q", t.top, top)
	}
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	switch rest {
	case "binding.gyp":
		t.gyp = true
	case "package.json":
		return t.addManifest(header, content)
	}
	return nil
}

// splitEntry splits an entry's name behind its top folder, which is "" for the
// archive's own root.
func splitEntry(name string) (top, rest string, err error) {
	if strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") {
		return "", "", wrongFormat("relative paths", "the path %.100q", name)
	}
	var segments []string
	for segment := range strings.SplitSeq(name, "/") {
		switch segment {
		case "", ".":
		case "..":
			return "", "", wrongFormat("paths inside the package", "the path %.100q", name)
		default:
			segments = append(segments, segment)
		}
	}
	if len(segments) == 0 {
		return "", "", nil
	}
	return segments[0], strings.Join(segments[1:], "/"), nil
}

func (t *tarball) addManifest(header *tar.Header, content io.Reader) error {
	if header.Size > t.limits.manifest {
		return wrongFormat("a package.json of modest size", "one of %d bytes", header.Size)
	}
	data, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	if t.manifest != nil && !bytes.Equal(t.manifest, data) {
		return wrongFormat("one package.json", "two that differ")
	}
	t.manifest = data
	return nil
}

// finish reads the package.json.
func (t *tarball) finish() error {
	if t.manifest == nil {
		return wrongFormat("a package.json in the top folder", "none")
	}
	p := rawjson.NewParser(bytes.TrimPrefix(t.manifest, []byte("\xef\xbb\xbf")))
	isObject := p.Peek() == '{'
	err := p.Object(func(key []byte) error {
		switch string(key) {
		case "name", "version":
			value, err := p.Value()
			text, _ := rawjson.String(value)
			if string(key) == "name" {
				t.name = text
			} else {
				t.version = text
			}
			return err
		}
		return t.scripts.read(p, string(key))
	})
	if err == nil {
		err = p.End()
	}
	if err != nil || !isObject {
		return wrongFormat("a package.json with a JSON object", "one that is none: %v", err)
	}
	t.scripts.said = false // what a package says of itself there means nothing
	t.scripts.gyp = t.scripts.gyp || t.gyp && !t.scripts.noGyp
	return nil
}

// countingReader counts what is read, keeps the reader's error, and stops where
// check says so.
type countingReader struct {
	r     io.Reader
	n     int64
	err   error
	check func(n int64) error
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	if c.check != nil && err == nil {
		err = c.check(c.n)
	}
	return n, err
}

// explain tells errors of the reader from wrong bytes.
func (c *countingReader) explain(err error, what string) error {
	if wrong := (*formatError)(nil); errors.As(err, &wrong) || c.err != nil {
		return err
	}
	if c.n == 0 {
		what = "an empty file"
	}
	return wrongFormat("a gzip'd tar archive", "%s (%v)", what, err)
}
