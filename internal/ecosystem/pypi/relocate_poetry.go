package pypi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/relocate"
	"github.com/feedctl/feedctl/pkg/feed"
)

const projectFile = "pyproject.toml"

// sources moves the indexes that a poetry.lock names. poetry finds an index by its
// name in pyproject.toml, and refuses a lock whose content-hash is of other
// addresses: so these three change together.
func (r *relocation) sources(ctx context.Context) error {
	if len(r.text.Sources) == 0 {
		return nil
	}
	if strings.HasPrefix(r.Base, "file:") {
		return fmt.Errorf("%s: poetry reads no index from file: addresses; name the feed's address on a web server with --base-url", r.Name)
	}
	index := r.Base + "/" + strings.TrimSuffix(pagesFolder, "/")
	var edits []relocate.Edit
	of, addresses := map[string]bool{}, map[string]string{}
	for _, s := range r.text.Sources {
		of[releaseID(s.Package, s.Version)] = true
		addresses[s.Reference] = index + "/"
		if s.URL.Value == index {
			r.result.Same++
			continue
		}
		r.result.Moved++
		edits = append(edits, s.URL.To(index))
	}
	project, hash, err := r.project(addresses)
	if err != nil {
		return err
	}
	if hash != r.text.Hash.Value {
		edits = append(edits, r.text.Hash.To(hash))
	}
	if err := r.change(edits); err != nil {
		return err
	}
	if project != nil {
		r.result.Files = append(r.result.Files, feed.Document{Path: projectFile, Bytes: project})
	}
	return r.missing(ctx, of)
}

// project returns pyproject.toml with indexes at other addresses, nil when it has
// them, and the content-hash of that.
func (r *relocation) project(addresses map[string]string) (project []byte, hash string, err error) {
	data, err := readCapped(r.FS, projectFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("%s: its project has to be changed with it: put it into the folder of its %s", r.Name, projectFile)
	}
	if err != nil {
		return nil, "", err
	}
	p, err := relocate.ReadProject(data)
	if err != nil {
		return nil, "", err
	}
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		if _, ok := p.Sources[name]; !ok {
			return nil, "", fmt.Errorf("%s: the lock names the index %q, and %s has no [[tool.poetry.source]] of that name", r.Name, name, projectFile)
		}
	}
	before, err := p.Hash(nil)
	if err != nil {
		return nil, "", err
	}
	if hash, err = p.Hash(addresses); err != nil {
		return nil, "", err
	}
	if r.text.Hash.Value != before && r.text.Hash.Value != hash {
		return nil, "", fmt.Errorf("%s: its content-hash is not that of %s beside it, so poetry would refuse it: write it again with \"poetry lock\"", r.Name, projectFile)
	}
	after, err := p.Edit(addresses)
	if err != nil || slices.Equal(after, data) {
		return nil, hash, err
	}
	return after, hash, nil
}
