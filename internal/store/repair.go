package store

import (
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// rebuilt makes the lists of a tree anew. Entries come from the lists that
// are whole; where one is damaged or missing, from the records that it would
// have named, as far as they can be read. An entry whose record is damaged stays,
// so that the damage is seen until the record is put again.
func (w *Writer) rebuilt(ctx context.Context, t trie, changes []change) (*edit, error) {
	entries := map[string]entry{}
	var damaged []string
	if digest := w.feed.first(t); digest != "" {
		var err error
		if damaged, err = w.gather(ctx, t, "", digest, entries); err != nil {
			return nil, err
		}
	}
	if len(damaged) > 0 {
		if err := w.adopt(ctx, t, damaged, entries); err != nil {
			return nil, err
		}
	}
	for _, c := range changes {
		delete(entries, c.name)
		if c.to != nil {
			entries[c.name] = *c.to
		}
	}
	e := newEdit(&Feed{}, t)
	e.root.entries = slices.Collect(maps.Values(entries))
	e.split(e.root)
	return e, w.findLists(e)
}

// gather collects the entries below a list and returns the prefixes of those
// lists that cannot be believed.
func (w *Writer) gather(ctx context.Context, t trie, prefix, digest string, to map[string]entry) ([]string, error) {
	l, err := w.feed.list(ctx, t, prefix, digest)
	var integrity *feed.IntegrityError
	if errors.As(err, &integrity) {
		return []string{prefix}, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range l.Entries {
		to[e.Name] = e
	}
	var damaged []string
	for _, c := range l.Children {
		more, err := w.gather(ctx, t, c.Prefix, c.Digest, to)
		if err != nil {
			return nil, err
		}
		damaged = append(damaged, more...)
	}
	return damaged, nil
}

// adopt makes entries for the records that damaged lists should name.
func (w *Writer) adopt(ctx context.Context, t trie, damaged []string, to map[string]entry) error {
	folder := t.folder()
	for found, err := range w.dir.walk(ctx, folder) {
		if err != nil {
			return err
		}
		name, ok := t.recordName(strings.TrimPrefix(found.Path, folder+"/"))
		if !ok || !slices.ContainsFunc(damaged, func(prefix string) bool { return strings.HasPrefix(t.hash(name), prefix) }) {
			continue
		}
		data, err := readFile(ctx, w.dir, found.Path, maxRecord)
		if err != nil {
			return err
		}
		if e, ok := t.entryOf(name, data); ok {
			to[name] = e
		}
	}
	return nil
}

// findLists tells an edit which lists are on the disk.
func (w *Writer) findLists(e *edit) error {
	names, err := w.dir.names(path.Dir(e.trie.path("")))
	for _, name := range names {
		if prefix, ok := e.trie.prefixOf(name); ok {
			e.loaded[prefix] = true
		}
	}
	return err
}

// recount tallies every record of an ecosystem. One that is damaged counts as a
// package without releases.
func (w *Writer) recount(ctx context.Context, ecosystem string, e *edit) (tally, error) {
	var total tally
	var failed error
	e.items(ctx, e.root, func(item entry, err error) bool {
		if err == nil {
			var one tally
			one, err = w.tallyOf(ctx, ecosystem, item)
			total = total.plus(one, 1)
		}
		failed = err
		return err == nil
	})
	return total, failed
}

func (w *Writer) tallyOf(ctx context.Context, ecosystem string, item entry) (tally, error) {
	path, err := RecordPath(ecosystem, item.Name)
	if err != nil {
		return tally{}, err
	}
	data, err := readFile(ctx, w.dir, w.current(path), maxRecord)
	if err != nil && !errors.Is(err, feed.ErrNotFound) {
		return tally{}, err
	}
	p, err := decodePackage(data, feed.PackageKey{Ecosystem: ecosystem, Name: item.Name})
	if err != nil || feed.SHA256(data) != item.Digest {
		return tally{packages: 1}, nil //nolint:nilerr // verify reports the record
	}
	return count(p), nil
}
