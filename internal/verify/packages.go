package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxDocument is the largest document that is compared, in bytes.
const maxDocument = 1 << 30

// packages verifies every package of the ledger: its files and its documents.
func (c *check) packages(ctx context.Context, e ecosystem.Ecosystem, summary feed.EcosystemSummary) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.jobs())
	for listed, err := range c.feed.Packages(ctx, e.Name) {
		if err != nil {
			c.lost[e.Name].lists = true
			c.unreadable(e, Finding{}, err)
			break
		}
		group.Go(func() error { return c.onePackage(ctx, e, summary.Layout, listed.Name) })
	}
	return group.Wait()
}

func (c *check) jobs() int {
	if c.Jobs > 0 {
		return c.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

func (c *check) onePackage(ctx context.Context, e ecosystem.Ecosystem, layout feed.Layout, name string) error {
	key := feed.PackageKey{Ecosystem: e.Name, Name: name}
	p, err := c.records.Package(ctx, e.Name, name)
	if err != nil {
		c.mu.Lock()
		c.lost[e.Name].packages[name] = true
		c.mu.Unlock()
		c.unreadable(e, Finding{Package: key.String()}, err)
		return ctx.Err()
	}
	c.count(p)
	c.records.hold(p)
	for i := range p.Releases {
		if err := c.release(ctx, e, p, &p.Releases[i]); err != nil {
			return err
		}
	}
	c.prove(ctx, e, p)
	documents, err := c.documents(ctx, e, layout, p)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.findIn(feed.VersionKey{PackageKey: key}, Finding{Code: "unrenderable", Package: key.String(), Message: err.Error()})
		return nil
	}
	for _, document := range documents {
		if err := c.document(ctx, document, key); err != nil {
			return err
		}
	}
	return nil
}

// documents renders a package, with what a layout wants of the inside of its
// artifacts. One that cannot be read has a finding of its own.
func (c *check) documents(ctx context.Context, e ecosystem.Ecosystem, layout feed.Layout, p feed.Package) ([]feed.Document, error) {
	documents, err := e.RenderPackage(layout, p)
	if err != nil || !ecosystem.Unpacks(e, layout) {
		return documents, err
	}
	for _, release := range p.Releases {
		for _, file := range release.Files {
			if file.Absent {
				continue
			}
			body, err := c.feed.Open(ctx, file.Path)
			if err != nil {
				continue
			}
			inside, err := e.Unpack(layout, p.Name, release, file, body)
			body.Close()
			if err != nil {
				continue
			}
			documents = append(documents, inside...)
		}
	}
	return documents, nil
}

func (c *check) count(p feed.Package) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.Evidence {
		return
	}
	c.report.Packages++
	c.report.Releases += len(p.Releases)
}

// release verifies the files of one release.
func (c *check) release(ctx context.Context, e ecosystem.Ecosystem, p feed.Package, release *feed.Release) error {
	key := feed.VersionKey{PackageKey: p.PackageKey, Version: release.Version}
	for _, file := range release.Files {
		if file.Absent {
			continue
		}
		c.expect(file.Path)
		finding := Finding{Path: file.Path, Package: key.String()}
		err := c.file(ctx, e, p.Name, *release, file)
		var integrity *feed.IntegrityError
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, feed.ErrNotFound):
			finding.Code, finding.Message = "missing-file", "the ledger lists this file, and it is not there"
		case errors.As(err, &integrity):
			finding.Code, finding.Message = "wrong-bytes", fmt.Sprintf("the file is %s; the ledger says %s", integrity.Got, integrity.Want)
		default:
			finding.Code, finding.Message = "unreadable-file", err.Error()
		}
		c.findIn(key, finding)
	}
	return nil
}

// file hashes one artifact and, when verifying deeply, looks inside.
func (c *check) file(ctx context.Context, e ecosystem.Ecosystem, name string, release feed.Release, file feed.File) error {
	if file.Digests.Strongest() == "" {
		return &feed.IntegrityError{Path: file.Path, Got: "a file without a digest in the ledger", Want: "a digest"}
	}
	body, err := c.feed.Open(ctx, file.Path)
	if err != nil {
		return err
	}
	defer body.Close()
	hasher := file.Digests.Hasher()
	reader := io.TeeReader(body, hasher)
	if c.Deep && e.Inspect != nil {
		if err := c.inspect(e, reader, name, release, file); err != nil {
			return err
		}
	}
	if err := drain(ctx, reader); err != nil {
		return err
	}
	c.mu.Lock()
	c.report.Files++
	c.report.Bytes += hasher.Size()
	c.mu.Unlock()
	if hasher.Size() != file.Size {
		return &feed.IntegrityError{Path: file.Path, Got: fmt.Sprintf("%d bytes long", hasher.Size()), Want: fmt.Sprintf("%d", file.Size)}
	}
	got := hasher.Digests()
	if algorithm := got.Conflict(file.Digests); algorithm != "" {
		return &feed.IntegrityError{Path: file.Path, Got: algorithm + ":" + got[algorithm], Want: algorithm + ":" + file.Digests[algorithm]}
	}
	return c.derive(ctx, e, file, body)
}

// inspect looks inside an artifact. What does not condemn it is a note.
func (c *check) inspect(e ecosystem.Ecosystem, r io.Reader, name string, release feed.Release, file feed.File) error {
	err := e.Inspect(r, name, release, file)
	var warning interface{ Warning() bool }
	if errors.As(err, &warning) && warning.Warning() {
		c.note(err.Error())
		return nil
	}
	return err
}

// buffers are for reading files, which are many and mostly small.
var buffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// drain reads r to its end.
func drain(ctx context.Context, r io.Reader) error {
	taken := buffers.Get().(*[128 << 10]byte)
	defer buffers.Put(taken)
	buffer := taken[:]
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := r.Read(buffer)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// document compares one document with what rendering the ledger gives.
// The package has no name when it is a document of the whole ecosystem.
func (c *check) document(ctx context.Context, document feed.Document, of feed.PackageKey) error {
	c.expect(document.Path)
	finding := Finding{Path: document.Path}
	if of.Name != "" {
		finding.Package = of.String()
	}
	want := document.Bytes
	if document.Link != "" {
		return c.link(ctx, document, of, finding)
	}
	got, err := c.feed.ReadFile(ctx, document.Path, maxDocument)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, feed.ErrNotFound):
		finding.Code, finding.Message = "missing-document", "the document is not there"
	case err != nil:
		finding.Code, finding.Message = "unreadable-file", err.Error()
	case !bytes.Equal(got, want):
		finding.Code, finding.Message = "wrong-document", "the document is not what the ledger renders to"
	default:
		return nil
	}
	c.findIn(feed.VersionKey{PackageKey: of}, finding)
	return nil
}

// link checks that a second name has the bytes of the artifact it stands for.
func (c *check) link(ctx context.Context, document feed.Document, of feed.PackageKey, finding Finding) error {
	same, err := c.sameBytes(ctx, document.Path, document.Link)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, feed.ErrNotFound):
		finding.Code, finding.Message = "missing-document", "the file, another name of "+document.Link+", is not there"
	case err != nil:
		finding.Code, finding.Message = "unreadable-file", err.Error()
	case !same:
		finding.Code, finding.Message = "wrong-document", "the file differs from "+document.Link+", which it is another name of"
	default:
		return nil
	}
	c.findIn(feed.VersionKey{PackageKey: of}, finding)
	return nil
}

// sameBytes compares two files, of which the first may be another name of the
// second.
func (c *check) sameBytes(ctx context.Context, a, b string) (bool, error) {
	if c.feed.Dir() != nil && oneFile(ctx, c.feed, a, b) {
		return true, nil
	}
	var sums [2]string
	for i, path := range []string{a, b} {
		body, err := c.feed.Open(ctx, path)
		if err != nil {
			return false, err
		}
		hasher := feed.NewHasher("sha256")
		err = drain(ctx, io.TeeReader(body, hasher))
		body.Close()
		if err != nil {
			return false, err
		}
		sums[i] = hasher.Digests()["sha256"]
	}
	return sums[0] == sums[1], nil
}

// oneFile reports whether two paths are names of one file on the disk.
func oneFile(ctx context.Context, f *store.Feed, a, b string) bool {
	var infos [2]fs.FileInfo
	for i, path := range []string{a, b} {
		body, err := f.Open(ctx, path)
		if err != nil {
			return false
		}
		file, ok := body.(interface{ Stat() (fs.FileInfo, error) })
		if ok {
			infos[i], err = file.Stat()
		}
		body.Close()
		if !ok || err != nil {
			return false
		}
	}
	return os.SameFile(infos[0], infos[1])
}

// rootDocuments verifies the documents of the ecosystem as a whole.
func (c *check) rootDocuments(ctx context.Context, e ecosystem.Ecosystem, summary feed.EcosystemSummary) error {
	if e.RenderRoot == nil {
		return nil
	}
	documents, err := e.RenderRoot(summary.Layout, c.feed.Packages(ctx, e.Name))
	if err != nil {
		c.find(Finding{Code: "unrenderable", Message: e.Name + ": " + err.Error()})
		return ctx.Err()
	}
	for _, document := range documents {
		if err := c.document(ctx, document, feed.PackageKey{}); err != nil {
			return err
		}
	}
	return nil
}
