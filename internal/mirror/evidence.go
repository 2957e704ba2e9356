package mirror

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// evidence gathers what proves the releases that are new, and plans the download
// of those of its files that the feed lacks.
func (r *run) evidence(ctx context.Context, j *job) error {
	if j.Evidence == nil {
		return nil
	}
	gathered := map[string]bool{}
	if added := j.added(); len(added) > 0 {
		r.phase("Gathering evidence for "+j.Name, 0)
		ahead := r.aheadOfEvidence(ctx, j)
		evidence, err := j.Ecosystem.Evidence(ctx, r.evidenceRequest(j, added))
		ahead.close()
		if err != nil {
			return err
		}
		if err := j.expectProven(); err != nil {
			return err
		}
		for _, p := range evidence.Packages {
			gathered[p.Name] = true
			if err := r.planEvidence(ctx, j, p); err != nil {
				return err
			}
		}
		r.report.Notes = append(r.report.Notes, evidence.Notes...)
	}
	if r.Repair {
		return r.repairEvidence(ctx, j, gathered)
	}
	return nil
}

// added lists the releases that the run adds.
func (j *job) added() []ecosystem.Added {
	var added []ecosystem.Added
	for _, p := range j.packages {
		for i := range p.new.Releases {
			if release := &p.new.Releases[i]; p.old.Release(release.Version) == nil {
				added = append(added, ecosystem.Added{Name: p.new.Name, Release: release, Upstream: p.from})
			}
		}
	}
	return added
}

func (r *run) evidenceRequest(j *job, added []ecosystem.Added) ecosystem.EvidenceRequest {
	return ecosystem.EvidenceRequest{
		Environment: r.environment(j, ""),
		Options:     j.profile.Options,
		Added:       added,
		Saved:       j.shelf.savedPackage,
		Read:        j.set.Read,
		Upstreams: func(ctx context.Context) ([]string, error) {
			configs, err := j.set.Upstreams(ctx)
			var names []string
			for _, config := range configs {
				if !config.Disabled {
					names = append(names, config.Name)
				}
			}
			return names, err
		},
	}
}

// expectProven lets the downloads expect the digests that the evidence gives.
func (j *job) expectProven() error {
	for _, p := range j.packages {
		for i := range p.items {
			it := &p.items[i]
			proven := p.new.Releases[it.release].Files[it.file].Digests
			if algorithm := it.source.Digests.Conflict(proven); algorithm != "" {
				return &feed.IntegrityError{
					Path: it.source.Path,
					Got:  "the evidence says " + algorithm + ":" + proven[algorithm],
					Want: "the lock pins " + algorithm + ":" + it.source.Digests[algorithm],
				}
			}
			it.source.Digests = it.source.Digests.Merge(proven)
		}
	}
	return nil
}

// planEvidence plans one package of evidence.
func (r *run) planEvidence(ctx context.Context, j *job, evidence feed.Package) error {
	old, err := j.shelf.savedPackage(ctx, evidence.Name)
	if err != nil && !isNotFound(err) {
		return err
	}
	p := &planned{old: old, new: evidence, touched: true}
	for i := range p.new.Releases {
		release := &p.new.Releases[i]
		p.from = release.Origin.Upstream
		if release.Origin.Time.IsZero() {
			release.Origin.Time = r.Time
		}
		release.Files = slices.Clone(release.Files)
		for k := range release.Files {
			held, err := r.held(ctx, release.Files[k])
			if err != nil {
				return err
			}
			if !held {
				p.items = append(p.items, item{release: i, file: k, source: release.Files[k]})
			}
			release.Files[k].URL = web.Redact(release.Files[k].URL)
		}
	}
	j.packages = append(j.packages, p)
	slices.SortFunc(j.packages, func(a, b *planned) int { return cmp.Compare(a.new.Name, b.new.Name) })
	return nil
}

// repairEvidence plans the download of evidence that is damaged.
func (r *run) repairEvidence(ctx context.Context, j *job, gathered map[string]bool) error {
	for summary, err := range r.feed.Packages(ctx, j.Name) {
		if err != nil {
			return fmt.Errorf("%s: %w", j.Name, err)
		}
		p, err := j.shelf.savedPackage(ctx, summary.Name)
		if err != nil && !isNotFound(err) {
			return err
		}
		if !p.Evidence || gathered[p.Name] {
			continue
		}
		if err := r.planEvidence(ctx, j, p); err != nil {
			return err
		}
	}
	return nil
}
