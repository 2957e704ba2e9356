package golang

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/sumdb"
	"github.com/feedctl/feedctl/pkg/feed"
)

// gather proves new releases with the checksum database.
func gather(ctx context.Context, request ecosystem.EvidenceRequest) (ecosystem.Evidence, error) {
	return sumdb.Gather(ctx, request, attach)
}

// attach keeps the record of a release in its metadata.
func attach(added ecosystem.Added, record sumdb.Record) error {
	meta, err := readMetadata(added.Name, added.Release.Version, added.Release.Metadata)
	if err != nil {
		return err
	}
	meta.Sum = &record
	added.Release.Metadata, err = json.Marshal(meta)
	return err
}

// prove checks the records of a module's releases, or the heads of a database. A
// release without a record is one that the database was not to be asked for.
func prove(ctx context.Context, p feed.Package, read func(ctx context.Context, path string) ([]byte, error)) error {
	if strings.HasPrefix(p.Name, evidence) {
		return sumdb.ProveHeads(ctx, p, read)
	}
	var all []error
	for _, release := range p.Releases {
		meta, err := readMetadata(p.Name, release.Version, release.Metadata)
		if err == nil && meta.Sum != nil {
			err = sumdb.Prove(ctx, *meta.Sum, p.Name, release, read)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}
