package pypi

import (
	"cmp"
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// A release of an index may gain files long after it was published: a wheel for a
// Python that is newer than the release. What the feed knows of the release is then
// older than what the index offers.

// mergeFacts implements the contract: what the index says today, and what the feed
// knows of files that the index does not have any more.
func mergeFacts(saved, offered json.RawMessage) (json.RawMessage, error) {
	var before, now facts
	if err := json.Unmarshal(saved, &before); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(offered, &now); err != nil {
		return nil, err
	}
	for i := range before.Files {
		one := before.Files[i]
		if now.file(one.Name) == nil {
			python := before.python(&one)
			one.Python = &python
			now.Files = append(now.Files, one)
		}
	}
	slices.SortFunc(now.Files, func(a, b fileFacts) int { return cmp.Compare(a.Name, b.Name) })
	return now.encode()
}

// releaseWith returns a release that has the files named. What the feed knows of it
// may be older than these; then the upstreams are asked for it again.
func releaseWith(ctx context.Context, index ecosystem.Index, name, version string, files ...string) (feed.Release, error) {
	release, err := index.Release(ctx, name, version)
	if err != nil {
		return release, err
	}
	again, ok := index.(ecosystem.Refresher)
	if !ok || !slices.ContainsFunc(files, func(file string) bool { return file != "" && !offers(&release, file) }) {
		return release, nil
	}
	return again.Refresh(ctx, name, version)
}

// offers reports whether a release has a file, in the feed or out of it.
func offers(release *feed.Release, filename string) bool {
	return slices.ContainsFunc(release.Files, func(f feed.File) bool { return path.Base(f.Path) == filename })
}

// lockedRelease returns a release of a lock. When the lock knows of files that the
// feed has not heard of, and one of the targets could use them, the upstreams are
// asked for it again.
func (l *lockedGraph) lockedRelease(ctx context.Context, node *feed.Node) (feed.Release, error) {
	release, err := l.index.Release(ctx, node.Name, node.Version)
	again, ok := l.index.(ecosystem.Refresher)
	if err != nil || !ok || !slices.ContainsFunc(node.Pins, func(pin feed.Pin) bool { return l.unheard(&release, pin) }) {
		return release, err
	}
	return again.Refresh(ctx, node.Name, node.Version)
}

// unheard reports whether a lock pins a file that a target may want and that is
// none of a release.
func (l *lockedGraph) unheard(release *feed.Release, pin feed.Pin) bool {
	if pin.File == "" {
		algorithm := pin.Digests.Strongest()
		return algorithm != "" && !slices.ContainsFunc(release.Files, func(f feed.File) bool {
			return f.Digests[algorithm] == pin.Digests[algorithm] || f.Digests[algorithm] == "" && !strings.HasSuffix(f.Path, suffixMetadata)
		})
	}
	if offers(release, pin.File) {
		return false
	}
	w, err := wheel.ParseWheel(pin.File)
	return err != nil || l.allFiles || len(l.targets) == 0 ||
		slices.ContainsFunc(l.targets, func(t *target) bool { return t.selector.Supports(w) })
}
