package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/feedctl/feedctl/pkg/feed"
)

var errEnded = errors.New("this writer has published or is closed")

// Document puts a rendered document into the feed. Where the feed has the same
// bytes nothing is written. A document with a Link is a hard link to an artifact
// of this run or of the feed, a copy where the disk has no links. Two documents
// with one path and different bytes are an error.
func (w *Writer) Document(doc feed.Document) error {
	c := leafDocument
	if doc.Entry {
		c = entryDocument
	}
	if err := w.paths.add(doc.Path); err != nil {
		return err
	}
	ctx := context.Background() // nothing here waits for anybody but the disk
	release, err := w.occupy(ctx, doc.Path)
	if err != nil {
		return err
	}
	defer release()
	if err := w.claim(doc); err != nil {
		return err
	}
	if doc.Link != "" {
		return w.linkDocument(ctx, doc, c)
	}
	same, err := w.inFeedAlready(doc)
	if err != nil {
		return err
	}
	if same {
		w.unstage(doc.Path)
		return nil
	}
	return w.writeBytes(doc.Path, c, doc.Bytes)
}

func (w *Writer) inFeedAlready(doc feed.Document) (bool, error) {
	if w.blank {
		return false, nil
	}
	return w.dir.holds(doc.Path, doc.Bytes)
}

// claim writes down that doc is a document of this run. When its path is one
// already, the bytes must be the same.
func (w *Writer) claim(doc feed.Document) error {
	w.mu.Lock()
	_, isArtifact := w.sums[doc.Path]
	again := w.written[doc.Path]
	w.written[doc.Path] = true
	w.mu.Unlock()
	if isArtifact {
		return fmt.Errorf("path %q: is an artifact and a document", doc.Path)
	}
	if !again {
		return nil
	}
	same, err := w.sameAs(doc, w.current(doc.Path))
	if err == nil && !same {
		err = fmt.Errorf("path %q: is the path of two documents", doc.Path)
	}
	return err
}

// current returns where the bytes of a path are: in the stage or in the feed.
func (w *Writer) current(p string) string {
	if w.isStaged(p) {
		return stageDir + "/" + p
	}
	return p
}

// sameAs reports whether the file at p has the bytes of a document.
func (w *Writer) sameAs(doc feed.Document, p string) (bool, error) {
	if doc.Link == "" {
		return w.dir.holds(p, doc.Bytes)
	}
	return w.sameFiles(w.current(doc.Link), p)
}

// linkDocument stages a second name of an artifact.
func (w *Writer) linkDocument(ctx context.Context, doc feed.Document, c class) error {
	source := w.current(doc.Link)
	if _, err := w.dir.Stat(source); err != nil {
		return fmt.Errorf("document %s: link to the artifact %s: %w", doc.Path, doc.Link, err)
	}
	same, err := w.sameFiles(source, doc.Path)
	if err != nil {
		return err
	}
	if same {
		w.unstage(doc.Path)
		return nil
	}
	if err := w.dir.exists(doc.Path); err == nil || !w.link(source, doc.Path) {
		// A document that replaces another gets a later time, which a link
		// would give to the artifact too.
		return w.copyDocument(ctx, source, doc.Path, c)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.staged[doc.Path] = c
	delete(w.removed, doc.Path)
	return nil
}

// link makes a hard link in the stage and reports whether the disk can.
func (w *Writer) link(source, p string) bool {
	return w.clear(p) == nil && w.dir.root.Link(source, stageDir+"/"+p) == nil
}

func (w *Writer) copyDocument(ctx context.Context, source, p string, c class) error {
	body, _, err := w.dir.open(source)
	if err != nil {
		return err
	}
	defer body.Close()
	return w.write(p, c, func(out io.Writer) error {
		if _, err := measure(ctx, body, out, feed.File{}, nil); err != nil {
			return fmt.Errorf("document %s: copy of %s: %w", p, source, err)
		}
		return nil
	})
}

// sameFiles reports whether two files, of which the second may not exist, have
// the same bytes.
func (w *Writer) sameFiles(a, b string) (bool, error) {
	one, size, err := w.dir.open(a)
	if err != nil {
		return false, err
	}
	defer one.Close()
	other, otherSize, err := w.dir.open(b)
	if errors.Is(err, feed.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer other.Close()
	if size != otherSize {
		return false, nil
	}
	return sameInode(one, other) || sameContent(one, other), nil
}

func sameInode(a, b *os.File) bool {
	one, err := a.Stat()
	if err != nil {
		return false
	}
	other, err := b.Stat()
	return err == nil && os.SameFile(one, other)
}

// sameContent compares to the end. What cannot be read is not the same.
func sameContent(a, b io.Reader) bool {
	one := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(one)
	other := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(other)
	for {
		n, err := io.ReadFull(a, one[:])
		m, otherErr := io.ReadFull(b, other[:])
		if !bytes.Equal(one[:n], other[:m]) {
			return false
		}
		if err != nil || otherErr != nil {
			return isEnd(err) && isEnd(otherErr)
		}
	}
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// Remove takes a document or an artifact out of the feed. A path that this run
// writes, before or after, stays; one that the feed does not have is no error. A
// path that is none of the feed's makes Publish fail.
func (w *Writer) Remove(p string) {
	err := checkFilePath(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.err = errors.Join(w.err, err)
		return
	}
	if _, isArtifact := w.sums[p]; !isArtifact && !w.written[p] {
		w.removed[p] = true
	}
}
