package mirror

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// render writes the documents and ledger records of every package that changed
// into the stage; of every package when the layout did.
func (r *run) render(ctx context.Context, j *job) error {
	if err := r.writer.SetProfile(j.Name, j.profile); err != nil {
		return err
	}
	if !sameLayout(j.old.Layout, j.profile.Layout) || r.wholeFeed() {
		if err := r.addRest(ctx, j); err != nil {
			return err
		}
	}
	if err := r.renderPackages(ctx, j); err != nil {
		return err
	}
	for i := range j.requests {
		if err := r.putRoot(j, j.requests[i], j.graphs[i]); err != nil {
			return err
		}
	}
	return r.renderRoot(ctx, j)
}

func (r *run) renderPackages(ctx context.Context, j *job) error {
	r.phase("Rendering "+j.Name, int64(len(j.packages)))
	return each(ctx, len(j.packages), runtime.GOMAXPROCS(0), func(ctx context.Context, i int) error {
		defer r.progress(1)
		if j.packages[i].rendered {
			return nil
		}
		return r.renderPackage(ctx, j, j.packages[i])
	})
}

func sameLayout(a, b feed.Layout) bool {
	return a.Base == b.Base && slices.Equal(a.Extras, b.Extras)
}

// addRest brings in the packages that the inputs do not reach.
func (r *run) addRest(ctx context.Context, j *job) error {
	have := map[string]bool{}
	for _, p := range j.packages {
		have[p.new.Name] = true
		p.changed = true
	}
	for summary, err := range r.writer.Packages(ctx, j.Name) {
		if err != nil {
			return err
		}
		if have[summary.Name] {
			continue
		}
		saved, err := r.feed.Package(ctx, j.Name, summary.Name)
		if r.Repair && isDamage(err) {
			r.report.Notes = append(r.report.Notes, fmt.Sprintf("%s:%s: its record in the ledger is damaged, and nothing that the feed was asked for needs it; "+
				"mirror it by its name to repair it", j.Name, summary.Name))
			continue
		}
		if err != nil {
			return err
		}
		j.packages = append(j.packages, &planned{old: saved, new: saved, changed: true})
	}
	return nil
}

// renderPackage stages the documents of one package that changed, and takes away
// those that it no longer has.
func (r *run) renderPackage(ctx context.Context, j *job, p *planned) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !p.changed && (!p.touched || samePackage(p.old, p.new)) {
		return nil
	}
	p.changed = true
	documents, err := r.documents(ctx, j, j.profile.Layout, p.new)
	if err != nil {
		return fmt.Errorf("%s: %w", p.new.PackageKey, err)
	}
	current := map[string]bool{}
	for _, document := range documents {
		current[document.Path] = true
		if err := r.writer.Document(document); err != nil {
			return err
		}
	}
	if p.old.Name != "" {
		before, err := r.documents(ctx, j, j.old.Layout, p.old)
		if err != nil {
			return fmt.Errorf("%s: %w", p.old.PackageKey, err)
		}
		for _, document := range before {
			if !current[document.Path] {
				r.writer.Remove(document.Path)
			}
		}
	}
	return r.writer.PutPackage(j.Name, p.new)
}

// documents renders a package, with what a layout wants of the inside of its
// artifacts.
func (r *run) documents(ctx context.Context, j *job, layout feed.Layout, p feed.Package) ([]feed.Document, error) {
	documents, err := j.RenderPackage(layout, p)
	if err != nil || !ecosystem.Unpacks(j.Ecosystem, layout) {
		return documents, err
	}
	for _, release := range p.Releases {
		for _, file := range release.Files {
			if file.Absent {
				continue
			}
			err := r.writer.Examine(ctx, file.Path, func(body io.ReaderAt, size int64) error {
				inside, err := j.Unpack(layout, p.Name, release, file, io.NewSectionReader(body, 0, size))
				documents = append(documents, inside...)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return documents, nil
}

func samePackage(a, b feed.Package) bool {
	one, errOne := json.Marshal(a)
	other, errOther := json.Marshal(b)
	return errOne == nil && errOther == nil && bytes.Equal(one, other)
}

// renderRoot stages the documents of the ecosystem as a whole, when what changed
// may change them.
func (r *run) renderRoot(ctx context.Context, j *job) error {
	if j.RenderRoot == nil || !slices.ContainsFunc(j.packages, func(p *planned) bool { return p.changed }) {
		return nil
	}
	grows := j.old.Packages > 0 && sameLayout(j.old.Layout, j.profile.Layout) && !r.Repair
	if grows {
		if stays, err := r.rootStays(ctx, j); stays || err != nil {
			return err
		}
	}
	documents, err := j.RenderRoot(j.profile.Layout, r.writer.Packages(ctx, j.Name))
	if err != nil {
		return err
	}
	current := map[string]bool{}
	for _, document := range documents {
		current[document.Path] = true
		if err := r.writer.Document(document); err != nil {
			return err
		}
	}
	if grows || j.old.Packages == 0 {
		return nil // more packages take no document away
	}
	return r.removeRoot(ctx, j, current)
}

// rootStays reports whether the packages that changed leave the documents of the
// whole as they are. It reads the names of the feed's packages only until it has
// found others with the keys of those that are new.
func (r *run) rootStays(ctx context.Context, j *job) (bool, error) {
	if j.RootKey == nil {
		return false, nil
	}
	gained := map[string]bool{}
	for _, p := range j.packages {
		if !p.changed {
			continue
		}
		key := j.RootKey(j.profile.Layout, store.Summarize(p.new))
		if p.old.Name == "" {
			gained[key] = true
		} else if j.RootKey(j.profile.Layout, store.Summarize(p.old)) != key {
			return false, nil
		}
	}
	if len(gained) == 0 {
		return true, nil
	}
	for one, err := range r.feed.Packages(ctx, j.Name) {
		if err != nil {
			return false, err
		}
		if delete(gained, j.RootKey(j.profile.Layout, one)); len(gained) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// removeRoot takes away the documents of the whole that the feed had before and
// that are not among the current ones.
func (r *run) removeRoot(ctx context.Context, j *job, current map[string]bool) error {
	before, err := j.RenderRoot(j.old.Layout, r.feed.Packages(ctx, j.Name))
	if r.Repair && isDamage(err) {
		return nil // what there was before is not known
	}
	if err != nil {
		return err
	}
	for _, document := range before {
		if !current[document.Path] {
			r.writer.Remove(document.Path)
		}
	}
	return nil
}
