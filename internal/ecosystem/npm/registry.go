package npm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// source is an upstream that speaks the npm registry's protocol. It reads full
// packuments, because the abbreviated ones have no dates.
type source struct {
	url    string // without a trailing slash
	access web.Access
	client *web.Client
}

// NewSource opens an npm registry. It makes no request.
func NewSource(config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Source, error) {
	return newSource(config, client)
}

func newSource(config ecosystem.UpstreamConfig, client *web.Client) (*source, error) {
	base, err := url.Parse(config.URL)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("upstream %q: %s is no address of an npm registry; want https://HOST/PATH (%s)",
			config.Name, web.Redact(config.URL), config.FoundIn)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("upstream %q: the address %s of an npm registry must hold no user, query or fragment; give credentials separately (%s)",
			config.Name, web.Redact(config.URL), config.FoundIn)
	}
	s := &source{url: strings.TrimRight(base.String(), "/"), access: config.Access, client: client}
	if s.access.Base == "" {
		s.access.Base = s.url
	}
	if s.access.Upstream == "" {
		s.access.Upstream = config.Name
	}
	return s, nil
}

// Versions returns every version of the package. Metadata is a part of the
// manifest: what decides a choice, and hasInstallScript.
func (s *source) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	var reduced *reducer
	doc, _, err := s.packument(ctx, name, false, nil, func() pick {
		reduced = &reducer{deprecated: map[string]string{}}
		return reduced.pick
	})
	if err != nil {
		return nil, err
	}
	tags := map[string][]string{}
	for tag, version := range doc.tags {
		tags[version] = append(tags[version], tag)
	}
	versions := make([]feed.Version, 0, len(doc.versions))
	for version, metadata := range doc.versions {
		slices.Sort(tags[version])
		versions = append(versions, feed.Version{
			Version:    version,
			Tags:       tags[version],
			Published:  doc.published(version),
			Deprecated: reduced.deprecated[version],
			Metadata:   metadata,
		})
	}
	return versions, nil
}

// Releases returns the given versions with their manifests as the registry has
// them. A cached packument that lacks one of them is fetched anew.
func (s *source) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	if versions == nil {
		versions = []string{}
	}
	whole := func() pick { return keepWhole }
	doc, cached, err := s.packument(ctx, name, false, versions, whole)
	if err == nil && cached && slices.ContainsFunc(versions, func(v string) bool { return doc.versions[v] == nil }) {
		doc, _, err = s.packument(ctx, name, true, versions, whole)
	}
	if err != nil {
		return feed.Package{}, err
	}
	return s.read(name, doc)
}

// keepWhole is a pick that keeps a manifest as the registry has it.
func keepWhole(p *rawjson.Parser, _ string) ([]byte, error) {
	value, err := p.Value()
	return rawjson.AppendCompact(make([]byte, 0, len(value)), value), err
}

// packument gets and reads one packument, with a new pick each time that it is
// read. cached says that it may be older than the registry's.
func (s *source) packument(ctx context.Context, name string, fresh bool, only []string, pick func() pick) (doc *packument, cached bool, err error) {
	if _, _, ok := splitName(name); !ok {
		return nil, false, fmt.Errorf("npm: %.100q is no package name: %w", name, feed.ErrNotFound)
	}
	request := web.Request{URL: packumentURL(s.url, name), Accept: "application/json", Access: s.access, Fresh: fresh}
	fresh, err = s.client.Read(ctx, request, func(body io.Reader) (err error) {
		doc, err = readPackument(name, body, only, pick())
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return doc, !fresh, nil
}

// read turns what was picked of a packument into releases.
func (s *source) read(name string, doc *packument) (feed.Package, error) {
	metadata, err := doc.metadata()
	if err != nil {
		return feed.Package{}, err
	}
	p := feed.Package{PackageKey: feed.PackageKey{Ecosystem: "npm", Name: name}, Tags: doc.tags, Metadata: metadata}
	for version, manifest := range doc.versions {
		release, err := s.release(name, version, manifest)
		if err != nil {
			key := feed.VersionKey{PackageKey: p.PackageKey, Version: version}
			return feed.Package{}, &feed.PackageError{Key: key, Upstream: s.access.Upstream, Err: err}
		}
		release.Published = doc.published(version)
		p.Releases = append(p.Releases, release)
	}
	slices.SortFunc(p.Releases, func(a, b feed.Release) int { return Compare(a.Version, b.Version) })
	return p, nil
}

func (s *source) release(name, version string, manifest []byte) (feed.Release, error) {
	document := packumentURL(s.url, name)
	release := feed.Release{
		Version:  version,
		Kind:     feed.Saved,
		Metadata: manifest,
		Origin:   feed.Origin{Upstream: s.access.Upstream, URL: web.Redact(document)},
	}
	members, err := rawjson.Members(release.Metadata)
	if err != nil {
		return feed.Release{}, err
	}
	release.Deprecated = deprecation(member(members, "deprecated"))
	dist, err := readDist(member(members, "dist"))
	if err != nil {
		return feed.Release{}, err
	}
	file := feed.File{Path: tarballPath(name, version), Digests: dist.digests()}
	file.URL, err = dist.address(document, s.url+"/"+name+"/-/"+tarballName(name, version))
	release.Files = []feed.File{file}
	return release, err
}

// Open starts the download of a tarball. Credentials go along only below the
// registry's own address.
func (s *source) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	if file.URL == "" {
		return nil, errors.New("npm: " + file.Path + ": the registry gave no address for it")
	}
	return s.client.Open(ctx, web.Request{URL: file.URL, Access: s.access})
}

// Probe asks for the registry's ping, and where that is not offered for a
// package.
func Probe(ctx context.Context, config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Probe, error) {
	s, err := newSource(config, client)
	if err != nil {
		return ecosystem.Probe{}, err
	}
	probe := ecosystem.Probe{Protocol: "npm registry", Detail: "answers to ping"}
	_, pingErr := client.Get(ctx, web.Request{
		URL: s.url + "/-/ping", Accept: "application/json", Limit: 1 << 20, Access: s.access, Fresh: true, Check: checkPing,
	})
	if pingErr == nil || ctx.Err() != nil {
		return probe, pingErr
	}
	if upstream := (*feed.UpstreamError)(nil); errors.As(pingErr, &upstream) && upstream.Temporary() {
		return ecosystem.Probe{}, pingErr
	}
	probe.Detail = "answers with packuments; it has no ping"
	_, _, err = s.packument(ctx, "npm", true, []string{}, func() pick {
		return func(*rawjson.Parser, string) ([]byte, error) { return nil, nil }
	})
	if errors.Is(err, feed.ErrNotFound) {
		return ecosystem.Probe{}, fmt.Errorf("%s answers neither to ping nor with the packument of npm, so nothing shows that it is an npm registry: %w",
			web.Redact(s.url), err)
	}
	return probe, err
}

// checkPing accepts a JSON object, which is all that the answer is known to be.
func checkPing(body []byte) error {
	p := rawjson.NewParser(body)
	isObject := p.Peek() == '{'
	if _, err := p.Value(); err != nil || !isObject || p.End() != nil {
		return errors.New("the answer to ping is no JSON object; captive portal or login page?")
	}
	return nil
}
