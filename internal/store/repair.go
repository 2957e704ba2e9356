package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// rebuilt makes the lists of an ecosystem anew. Entries come from the lists that
// are whole; where one is damaged or missing, from the records that it would
// have named, as far as they can be read. An entry whose record is damaged stays,
// so that the damage is seen until the package is put again.
func (w *Writer) rebuilt(ctx context.Context, ecosystem string, changes []change) (*edit, error) {
	entries := map[string]entry{}
	var damaged []string
	if digest := w.feed.firstList(ecosystem); digest != "" {
		var err error
		if damaged, err = w.gather(ctx, ecosystem, "", digest, entries); err != nil {
			return nil, err
		}
	}
	if len(damaged) > 0 {
		if err := w.adopt(ctx, ecosystem, damaged, entries); err != nil {
			return nil, err
		}
	}
	for _, c := range changes {
		delete(entries, c.name)
		if c.to != nil {
			entries[c.name] = *c.to
		}
	}
	e := newEdit(&Feed{}, ecosystem)
	e.root.entries = slices.Collect(maps.Values(entries))
	e.root.split()
	return e, w.findLists(ecosystem, e)
}

// gather collects the entries below a list and returns the prefixes of those
// lists that cannot be believed.
func (w *Writer) gather(ctx context.Context, ecosystem, prefix, digest string, to map[string]entry) ([]string, error) {
	l, err := w.feed.list(ctx, ecosystem, prefix, digest)
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
		more, err := w.gather(ctx, ecosystem, c.Prefix, c.Digest, to)
		if err != nil {
			return nil, err
		}
		damaged = append(damaged, more...)
	}
	return damaged, nil
}

// adopt makes entries for the records that damaged lists should name.
func (w *Writer) adopt(ctx context.Context, ecosystem string, damaged []string, to map[string]entry) error {
	folder := recordDir(ecosystem)
	for found, err := range w.dir.walk(ctx, folder) {
		if err != nil {
			return err
		}
		name, ok := recordName(strings.TrimPrefix(found.Path, folder+"/"))
		hash := nameHash(name)
		if !ok || !slices.ContainsFunc(damaged, func(prefix string) bool { return strings.HasPrefix(hash, prefix) }) {
			continue
		}
		data, err := readFile(ctx, w.dir, found.Path, maxRecord)
		if err != nil {
			return err
		}
		if p, err := decodePackage(data, feed.PackageKey{Ecosystem: ecosystem, Name: name}); err == nil {
			to[name] = entry{Name: name, Digest: feed.SHA256(data), Latest: latest(p)}
		}
	}
	return nil
}

// findLists tells an edit which lists are on the disk.
func (w *Writer) findLists(ecosystem string, e *edit) error {
	first := listPath(ecosystem, "")
	names, err := w.dir.names(strings.TrimSuffix(first, "/root.json"))
	for _, name := range names {
		prefix, ok := strings.CutSuffix(name, ".json")
		if ok && isHex(prefix) && prefix != "" {
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

// salvagedRoots returns the digests of the root records that can be read, by id.
func (w *Writer) salvagedRoots(ctx context.Context, ecosystem string) (map[string]string, error) {
	digests := map[string]string{}
	names, err := w.dir.names(strings.TrimSuffix(rootListPath(ecosystem), "/list.json"))
	for _, name := range names {
		id, ok := strings.CutSuffix(name, ".json")
		if !ok || len(id) != 32 {
			continue
		}
		data, err := readFile(ctx, w.dir, rootPath(ecosystem, id), maxRecord)
		if err != nil {
			return nil, err
		}
		if _, err := decodeRoot(data, ecosystem, id); err == nil {
			digests[id] = feed.SHA256(data)
		}
	}
	return digests, err
}
