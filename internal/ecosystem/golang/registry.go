package golang

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/sync/errgroup"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// parallel is how many versions are asked for at once.
const parallel = 32

// source is an upstream that speaks the module proxy protocol (GOPROXY).
type source struct {
	upstream string
	transport
	kept kept
}

// NewSource opens a module proxy. It makes no request.
func NewSource(config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Source, error) {
	return newSource(config, client)
}

func newSource(config ecosystem.UpstreamConfig, client *web.Client) (*source, error) {
	t, err := newTransport(config, client)
	if err != nil {
		return nil, err
	}
	return &source{upstream: config.Name, transport: t}, nil
}

// Releases returns the given versions with the files that every version has. A
// version that is none is the name of a branch, a tag or a commit, and comes back
// as a tag of the release that it stands for.
func (s *source) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	if _, err := versionsFolder(name); err != nil {
		return feed.Package{}, fmt.Errorf("%w: %w", err, feed.ErrNotFound)
	}
	found := make([]*feed.Release, len(versions))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, version := range versions {
		group.Go(func() (err error) {
			found[i], err = s.release(inner, name, version)
			if errors.Is(err, feed.ErrNotFound) {
				err = nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return feed.Package{}, err
	}
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "go", Name: name}, Tags: map[string]string{}}
	for i, release := range found {
		if release == nil {
			continue
		}
		if versions[i] != release.Version {
			p.Tags[versions[i]] = release.Version
		}
		if p.Release(release.Version) == nil {
			p.Releases = append(p.Releases, *release)
		}
	}
	slices.SortFunc(p.Releases, func(a, b feed.Release) int { return Compare(a.Version, b.Version) })
	if len(p.Releases) == 0 {
		_, err := s.Versions(ctx, name)
		return p, err
	}
	return p, nil
}

// release asks for one version by its own name or another.
func (s *source) release(ctx context.Context, name, query string) (*feed.Release, error) {
	version := query
	if !isCanonical(name, query) {
		file, err := filePath(name, query, suffixInfo)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", err, feed.ErrNotFound)
		}
		found, _, err := s.info(ctx, name, file)
		if err != nil {
			return nil, err
		}
		version = found.Version
	}
	release, err := s.exact(ctx, name, version)
	if err != nil && !errors.Is(err, feed.ErrNotFound) && ctx.Err() == nil {
		key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: "go", Name: name}, Version: version}
		if upstream := (*feed.UpstreamError)(nil); !errors.As(err, &upstream) {
			err = &feed.PackageError{Key: key, Upstream: s.upstream, Err: err}
		}
	}
	return release, err
}

// exact reads the .info and the go.mod of a version, both at once. Whether the
// version exists is the .info's to say, as it is for the go command: proxies that
// refuse what they do not have may still know the one from the other there.
func (s *source) exact(ctx context.Context, name, version string) (*feed.Release, error) {
	infoPath, err := filePath(name, version, suffixInfo)
	if err != nil {
		return nil, err
	}
	modPath := strings.TrimSuffix(infoPath, suffixInfo) + suffixMod
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		module modgraph.Module
		data   []byte
		err    error
	}
	mod := make(chan answer, 1)
	go func() {
		m, data, err := s.mod(inner, modPath)
		mod <- answer{m, data, err}
	}()
	var meta metadata
	var infoData []byte
	meta.Info, infoData, err = s.versionInfo(ctx, name, version, infoPath)
	if err != nil {
		cancel()
	}
	read := <-mod
	if err == nil {
		err = read.err
	}
	if err != nil {
		return nil, err
	}
	meta.Module = read.module
	release := &feed.Release{Version: version, Kind: feed.Saved, Published: meta.Info.Time}
	release.Origin = feed.Origin{Upstream: s.upstream, URL: s.address(infoPath)}
	if release.Metadata, err = json.Marshal(meta); err != nil {
		return nil, err
	}
	zipPath := strings.TrimSuffix(infoPath, suffixInfo) + suffixZip
	release.Files = []feed.File{
		s.keep(infoPath, infoData),
		s.keep(modPath, read.data),
		{Path: folder + zipPath, URL: s.address(zipPath)},
	}
	return release, nil
}

// versionInfo reads the .info of a version, which must be of that version. A
// tree that has the go.mod of a version without its .info, as a module cache may,
// is completed.
func (s *source) versionInfo(ctx context.Context, name, version, file string) (info, []byte, error) {
	found, data, err := s.info(ctx, name, file)
	if errors.Is(err, feed.ErrNotFound) && s.address("") == "" {
		found = info{Version: version}
		data, err = json.Marshal(found)
	}
	if err == nil && found.Version != version {
		err = &feed.UpstreamError{
			Upstream: s.upstream, URL: s.address(file),
			Err: fmt.Errorf("the .info of %s is one of %s", version, found.Version),
		}
	}
	return found, data, err
}

// keep describes a file whose bytes are here already.
func (s *source) keep(file string, data []byte) feed.File {
	described := feed.File{Path: folder + file, URL: s.address(file), Size: int64(len(data)), Digests: feed.Digests{}}
	hasher := feed.NewHasher("sha256")
	hasher.Write(data) //nolint:errcheck // a hash never fails
	described.Digests = hasher.Digests()
	if strings.HasSuffix(file, suffixMod) {
		described.Digests[h1], _ = hashMod(bytes.NewReader(data))
	}
	s.kept.put(described.Path, data)
	return described
}

// Open hands out what was read before, and downloads everything else.
func (s *source) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	if data, ok := s.kept.take(file.Path); ok {
		return &memoryFile{Reader: bytes.NewReader(data)}, ctx.Err()
	}
	below, ok := strings.CutPrefix(file.Path, folder)
	if !ok {
		return nil, fmt.Errorf("go: %s: no file of a module proxy", file.Path)
	}
	body, err := s.open(ctx, below)
	if errors.Is(err, feed.ErrNotFound) && strings.HasSuffix(file.Path, suffixInfo) && s.address("") == "" {
		return s.absentInfo(file)
	}
	return body, err
}

// absentInfo is what versionInfo puts in the place of an .info that a tree lacks.
func (s *source) absentInfo(file feed.File) (io.ReadCloser, error) {
	version, err := module.UnescapeVersion(strings.TrimSuffix(path.Base(file.Path), suffixInfo))
	if err != nil || !semver.IsValid(version) {
		return nil, fmt.Errorf("%s: %w", file.Path, feed.ErrNotFound)
	}
	data, err := json.Marshal(info{Version: version})
	return &memoryFile{Reader: bytes.NewReader(data)}, err
}

// Read implements ecosystem.Reader for the checksum database below the proxy.
func (s *source) Read(ctx context.Context, file string) ([]byte, error) {
	if err := feed.CheckPath(file); err != nil {
		return nil, err
	}
	data, err := s.get(ctx, file, maxList, path.Base(file) == "latest", nil)
	if err == nil && strings.Contains(file, "/tile/") {
		s.kept.put(folder+file, data)
	}
	return data, err
}

// probed is a module that every general proxy knows.
const probed = "golang.org/x/mod"

// Probe asks for the versions of a well-known module. A proxy that holds other
// modules only answers "not found", which is an answer too.
func Probe(ctx context.Context, config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Probe, error) {
	s, err := newSource(config, client)
	if err != nil {
		return ecosystem.Probe{}, err
	}
	probe := ecosystem.Probe{Protocol: "Go module proxy", Detail: "answers with versions of " + probed}
	_, err = s.get(ctx, probed+"/@v/list", maxList, true, checkList)
	if errors.Is(err, feed.ErrNotFound) {
		probe.Detail, err = "answers, and does not know "+probed, nil
	}
	if err != nil {
		return ecosystem.Probe{}, err
	}
	return probe, nil
}
