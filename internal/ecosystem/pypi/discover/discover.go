// Package discover finds the package indexes that pip, uv and the project's own
// tools would use, with their credentials. It sends no request.
//
// Settings are, most important first:
//
//  1. of the project: the index lines of its requirements files, [tool.uv] of
//     pyproject.toml or uv.toml, or of a script (PEP 723), [[tool.poetry.source]],
//     [[tool.pdm.source]], and [[source]] of a Pipfile;
//  2. of pip: PIP_* in the environment, the file that PIP_CONFIG_FILE names, and
//     pip.conf (pip.ini) of the virtual environment, the user and the machine;
//  3. of uv: UV_* in the environment, uv.toml of the user and the machine. In a
//     project of uv they come before pip's, and are taken for any other only when
//     pip has none;
//  4. the indexes that the project's lock records;
//  5. what an installed pip, else uv, names as its default.
//
// The last two count only where no setting names a default index. A project whose
// pyproject.toml, uv.toml or lock is uv's is one of uv.
//
// feedctl takes all versions of a project from the first index that knows it.
// The order is: indexes that are bound to packages, which alone are asked for
// those; pages and folders of files that the project itself names; uv's further
// indexes; the default index; pip's extra indexes and the supplementary sources of
// others; pages and folders that the machine's settings name. pip would look for
// the best version in all of them.
//
// Credentials are those in an index's own address, else those that the
// environment has for its name (UV_INDEX_NAME_USERNAME, POETRY_HTTP_BASIC_NAME_…),
// of the netrc file, of .pypirc, and, where pip or uv is told to use it, of the
// keyring command. As with pip they go to the host of the index and no other.
//
// Terms and rules: pip's documentation of configuration and authentication, uv's
// of indexes and settings, poetry's, pdm's and pipenv's of sources.
package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/web"
)

const name = lock.Ecosystem

// Discover returns the upstreams in search order. When there is no index to be
// found, the error says which line to write where.
func Discover(ctx context.Context, env ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
	s, err := read(env)
	if err != nil {
		return nil, err
	}
	problem := s.addDefault(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	s.sort()
	configs := make([]ecosystem.UpstreamConfig, 0, len(s.entries))
	taken := map[string]bool{}
	for _, one := range s.entries {
		config, ok, err := s.upstream(ctx, one)
		if err != nil {
			return nil, err
		}
		if ok {
			config.Name = unique(taken, config.Name)
			config.Access.Upstream = config.Name
			configs = append(configs, config)
		}
	}
	if len(configs) == 0 {
		return nil, nothingFound(cmp.Or(problem, errors.New("the places that are named do not exist")))
	}
	if problem != nil {
		configs[len(configs)-1].FoundIn += "; there is no default index besides: " + problem.Error()
	}
	return configs, nil
}

// Credentials returns how the settings reach the address of an index that
// somebody else has named, and where they say so.
func Credentials(env ecosystem.Environment, config ecosystem.UpstreamConfig) (web.Access, string, error) {
	s, err := read(env)
	if err != nil {
		return web.Access{}, "", err
	}
	one := entry{address: strings.TrimPrefix(config.URL, flat), name: config.Name}
	for _, known := range s.entries {
		if sameAddress(known.address, one.address) {
			one.address, one.name, one.at = known.address, known.name, known.at
		}
	}
	where, err := s.place(one)
	if err != nil || where.folder != "" {
		return web.Access{}, "", nil //nolint:nilerr // what is no address is refused where it is opened
	}
	access, foundIn, _ := s.access(context.Background(), one, where)
	access.Upstream = config.Name
	return access, foundIn, nil
}

// rank orders entries; those of equal rank stay as they were found.
type rank int

const (
	bound     rank = iota // for some packages alone
	near                  // a page or folder that the project names
	first                 // uv's further indexes
	general               // the default index
	extra                 // besides it
	elsewhere             // a page or folder that the machine's settings name
)

// entry is one place that settings name.
type entry struct {
	address string // as written, with variables
	base    string // folder that a relative path is meant from
	name    string // in the settings, may be empty
	at      string
	rank    rank
	flat    bool
	include []string
}

func (s *settings) sort() {
	slices.SortStableFunc(s.entries, func(a, b entry) int { return cmp.Compare(a.rank, b.rank) })
	var kept []entry
	for _, one := range s.entries {
		same := slices.IndexFunc(kept, func(other entry) bool {
			return sameAddress(other.address, one.address) && other.flat == one.flat
		})
		switch {
		case s.noIndex && !one.flat:
		case same < 0:
			kept = append(kept, one)
		case len(kept[same].include) > 0 && len(one.include) == 0:
			kept = append(kept, one) // for some packages, and for the others too
		}
	}
	s.entries = kept
}

// addDefault makes sure that there is a default index. It returns why there is
// none, if settings do not forbid it.
func (s *settings) addDefault(ctx context.Context) error {
	if s.noIndex {
		return nil
	}
	if slices.ContainsFunc(s.entries, func(e entry) bool { return e.rank == general }) {
		return nil
	}
	if recorded := s.recorded(); len(recorded) > 0 {
		s.entries = append(s.entries, recorded...)
		return nil
	}
	one, err := fromClient(ctx, s.env)
	if err == nil {
		s.entries = append(s.entries, one)
	}
	return err
}

// upstream puts an entry into the form of the contract. It is not ok for a folder
// that does not exist, which pip passes over.
func (s *settings) upstream(ctx context.Context, one entry) (ecosystem.UpstreamConfig, bool, error) {
	where, err := s.place(one)
	if err != nil {
		return ecosystem.UpstreamConfig{}, false, err
	}
	config := ecosystem.UpstreamConfig{Name: upstreamName(one.name), Ecosystem: name, Include: slices.Clone(one.include), FoundIn: one.at}
	if config.URL = where.address(); one.flat {
		config.URL = flat + config.URL
	}
	if where.folder != "" {
		return config, exists(where.folder), nil
	}
	access, at, missing := s.access(ctx, one, where)
	config.Access = access
	switch {
	case missing != "":
		config.FoundIn += ", without credentials because " + missing
	case at == one.at:
		config.FoundIn += ", with the credentials in the address"
	case at != "":
		config.FoundIn += ", with credentials of " + at
	}
	return config, true, nil
}

// upstreamName makes the name of an upstream from that of an index.
func upstreamName(indexName string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case r == '_' || r == '.' || r == ' ':
			return '-'
		}
		return -1
	}, indexName)
	if plain = strings.Trim(plain, "-"); plain == "" || plain == name {
		return name
	}
	return name + "-" + plain
}

func unique(taken map[string]bool, wanted string) string {
	candidate := wanted
	for n := 2; taken[candidate]; n++ {
		candidate = fmt.Sprintf("%s-%d", wanted, n)
	}
	taken[candidate] = true
	return candidate
}

func nothingFound(why error) error {
	return fmt.Errorf(`pypi: no package index is configured, no lock records one, and no client names one: %w
Write the address of an index into pip.conf:
  [global]
  index-url = https://registry.example/simple/
or into feedctl.yaml:
  upstreams:
    - {name: pypi, ecosystem: pypi, url: "https://registry.example/simple/"}`, why)
}
