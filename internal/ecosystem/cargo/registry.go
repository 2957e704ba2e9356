package cargo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/crate"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo/index"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// sparse is an upstream that offers its index over HTTP, one file for each crate.
type sparse struct {
	shelf
	base   string // of the index, ends in a slash
	access web.Access
	client *web.Client

	mu      sync.Mutex
	config  *index.Config // nil until it was read
	trusted bool          // the registry wants credentials
}

// shelf is which packages an upstream may have.
type shelf struct {
	upstream string
	other    bool // it is a registry besides the default one
}

// shelfOf reads it off the patterns of names that an upstream answers for: one
// whose patterns all name a registry has that registry's crates, any other the
// default registry's.
func shelfOf(config ecosystem.UpstreamConfig) shelf {
	named := func(pattern string) bool { return strings.Contains(pattern, "/") }
	return shelf{
		upstream: config.Name,
		other:    len(config.Include) > 0 && !slices.ContainsFunc(config.Include, func(p string) bool { return !named(p) }),
	}
}

// split returns the registry and crate of a package that the upstream may have;
// feed.ErrNotFound for others.
func (s shelf) split(name string) (registry, base string, err error) {
	registry, base, ok := crate.Split(name)
	if !ok {
		return "", "", fmt.Errorf("cargo: %.100q is no name of a crate: %w", name, feed.ErrNotFound)
	}
	if s.other != (registry != "") {
		return "", "", fmt.Errorf("cargo: %s: upstream %q serves another registry; configure one with include: [%q]: %w",
			name, s.upstream, registry+"/*", feed.ErrNotFound)
	}
	return registry, base, nil
}

// NewSource opens a registry: "sparse+https://…", or the same address without
// "sparse+"; or a folder, by path or file:// address, that Cargo could use as a
// local-registry. It makes no request. A git index is a source that answers with
// an error only.
func NewSource(config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Source, error) {
	protocol, address := crate.ParseSource(config.URL)
	if protocol == crate.Git && strings.HasPrefix(config.URL, "registry+") || strings.HasPrefix(address, "ssh:") || strings.HasPrefix(address, "git:") {
		return refusing{fmt.Errorf("upstream %q (%s): the index at %s is a git repository, which feedctl does not read; if the registry has a sparse index, write sparse+https://… in its place",
			config.Name, config.FoundIn, web.Redact(address))}, nil
	}
	u, err := url.Parse(address)
	if dir, ok := localFolder(address, u, err); ok {
		return &local{shelf: shelfOf(config), dir: dir}, nil
	}
	return newSparse(config, u, err, client)
}

func newSparse(config ecosystem.UpstreamConfig, u *url.URL, err error, client *web.Client) (*sparse, error) {
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("upstream %q: %.200q is no address of a Cargo index; want sparse+https://HOST/PATH/ or a folder (%s)",
			config.Name, web.Redact(config.URL), config.FoundIn)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("upstream %q: the address %s of an index must hold no user, query or fragment; give credentials separately (%s)",
			config.Name, web.Redact(u.String()), config.FoundIn)
	}
	s := &sparse{shelf: shelfOf(config), base: strings.TrimRight(u.String(), "/") + "/", access: config.Access, client: client}
	if _, plain, ok := strings.Cut(s.access.Base, "+"); ok && strings.HasPrefix(s.access.Base, "sparse+") {
		s.access.Base = plain
	}
	if s.access.Base == "" {
		s.access.Base = s.base
	}
	if s.access.Upstream == "" {
		s.access.Upstream = config.Name
	}
	return s, nil
}

// refusing is an upstream that cannot be read.
type refusing struct{ err error }

func (r refusing) Versions(context.Context, string) ([]feed.Version, error) { return nil, r.err }

func (r refusing) Releases(context.Context, string, []string) (feed.Package, error) {
	return feed.Package{}, r.err
}

func (r refusing) Open(context.Context, feed.File) (io.ReadCloser, error) { return nil, r.err }

// Versions returns every version that clients see, with its index line as
// metadata.
func (s *sparse) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	_, base, err := s.split(name)
	if err != nil {
		return nil, err
	}
	file, err := s.file(ctx, base, false)
	if err != nil {
		return nil, err
	}
	versions := versionsIn(file, base)
	if len(versions) == 0 {
		return nil, s.notFound(name)
	}
	return versions, nil
}

func (s shelf) notFound(name string) error {
	key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: crate.Ecosystem, Name: name}}
	return &feed.PackageError{Key: key, Upstream: s.upstream, Err: feed.ErrNotFound}
}

// Releases returns the given versions with their index lines. A cached file that
// may lack one of them is fetched anew.
func (s *sparse) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	registry, base, err := s.split(name)
	if err != nil {
		return feed.Package{}, err
	}
	config, err := s.settings(ctx)
	if err != nil {
		return feed.Package{}, err
	}
	read := func(fresh bool) (feed.Package, error) {
		file, err := s.file(ctx, base, fresh)
		if err != nil {
			return feed.Package{}, err
		}
		r := reading{shelf: s.shelf, name: name, registry: registry, base: base, address: config.URL, origin: s.base + crate.IndexPath(base)}
		return r.releases(file, versions)
	}
	p, err := read(false)
	if err == nil && len(p.Releases) < len(versions) {
		return read(true)
	}
	return p, err
}

// Open starts the download of a crate. Credentials go along only below the
// index's own address, and to its whole host when the registry wants them for
// downloads.
func (s *sparse) Open(ctx context.Context, file feed.File) (io.ReadCloser, error) {
	if file.URL == "" {
		return nil, errors.New("cargo: " + file.Path + ": the registry gave no address for it")
	}
	config, err := s.settings(ctx)
	if err != nil {
		return nil, err
	}
	access := s.credentials()
	if config.AuthRequired && access.Authorization != "" {
		access.Base = origin(access.Base)
	}
	body, err := s.client.Open(ctx, web.Request{URL: file.URL, Access: access})
	return body, gone(err)
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host + "/"
}

// file gets the file of a crate from the index.
func (s *sparse) file(ctx context.Context, base string, fresh bool) ([]byte, error) {
	if _, err := s.settings(ctx); err != nil {
		return nil, err
	}
	body, err := s.client.Get(ctx, web.Request{
		URL: s.base + crate.IndexPath(base), Accept: "text/plain", Limit: maxIndex, Access: s.credentials(), Fresh: fresh,
		Check: func(body []byte) error { return checkLines(body, base) },
	})
	return body, gone(err)
}

// maxIndex is the largest index file that is read, in bytes.
const maxIndex = 64 << 20

// checkLines refuses what is no index file, a login page for instance, what is cut
// or empty, and the file of another crate. Whole lines that are no JSON are left
// to be passed over, as Cargo does.
func checkLines(body []byte, base string) error {
	var first, last []byte
	own := false
	index.Lines(body, func(line []byte) bool {
		if last = line; first == nil {
			first = line
		}
		if entry, _ := index.Scan(line); !own {
			own = strings.EqualFold(entry.Name, base)
		}
		return true
	})
	switch {
	case first == nil:
		return errors.New("is empty; the file of a crate in a Cargo index has a line for each version")
	case first[0] != '{' || bytes.IndexByte(body, 0) >= 0:
		return errors.New("is no file of a Cargo index, which has a JSON object on each line")
	case !bytes.HasSuffix(body, []byte("\n")) && !json.Valid(last):
		return errors.New("is a file of a Cargo index that is cut within its last line")
	case !own:
		return fmt.Errorf("is the file of another crate than %s", base)
	}
	return nil
}

// settings gets the registry's config.json, once. It is asked for without
// credentials first; a registry that refuses that gets them with every request.
func (s *sparse) settings(ctx context.Context) (index.Config, error) {
	s.mu.Lock()
	known := s.config
	s.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	config, err := s.askSettings(ctx, s.withoutCredentials())
	trusted := err == nil && config.AuthRequired
	if status := (*feed.UpstreamError)(nil); s.access.Authorization != "" && errors.As(err, &status) &&
		(status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden) {
		trusted = true
		config, err = s.askSettings(ctx, s.access)
	}
	if errors.Is(err, feed.ErrNotFound) {
		err = fmt.Errorf("upstream %q: %s has no config.json, so it is no sparse index of a Cargo registry", s.upstream, web.Redact(s.base))
	}
	if err != nil {
		return index.Config{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config, s.trusted = &config, trusted
	return config, nil
}

func (s *sparse) askSettings(ctx context.Context, access web.Access) (index.Config, error) {
	var config index.Config
	body, err := s.client.Get(ctx, web.Request{
		URL: s.base + "config.json", Accept: "application/json", Limit: 1 << 20, Access: access,
		Check: func(body []byte) error {
			_, err := index.ParseConfig(body)
			return err
		},
	})
	if err == nil {
		config, err = index.ParseConfig(body)
	}
	return config, gone(err)
}

func (s *sparse) withoutCredentials() web.Access {
	access := s.access
	access.Authorization = ""
	return access
}

// credentials is how requests are made once the registry's wishes are known.
func (s *sparse) credentials() web.Access {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trusted {
		return s.access
	}
	return s.withoutCredentials()
}

// gone takes 451 for "not found", as Cargo's protocol has it beside 404 and 410.
func gone(err error) error {
	if status := (*feed.UpstreamError)(nil); errors.As(err, &status) && status.Status == http.StatusUnavailableForLegalReasons {
		return fmt.Errorf("%w: %w", feed.ErrNotFound, err)
	}
	return err
}

// Probe asks for the registry's config.json.
func Probe(ctx context.Context, config ecosystem.UpstreamConfig, client *web.Client) (ecosystem.Probe, error) {
	source, err := NewSource(config, client)
	if err != nil {
		return ecosystem.Probe{}, err
	}
	switch s := source.(type) {
	case refusing:
		return ecosystem.Probe{}, s.err
	case *local:
		return ecosystem.Probe{Protocol: "Cargo local registry", Detail: "a folder with an index"}, s.probe()
	case *sparse:
		settings, err := s.settings(ctx)
		detail := "crates are at " + web.Redact(settings.URL("CRATE", "VERSION", "CHECKSUM"))
		return ecosystem.Probe{Protocol: "Cargo sparse index", Detail: detail}, err
	}
	return ecosystem.Probe{}, nil
}
