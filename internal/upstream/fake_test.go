package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/pkg/feed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown = &feed.UpstreamError{URL: "https://host.test/x", Status: 503}

// fake is an upstream: names with their versions, or errors.
type fake struct {
	packages map[string]string // "1.0.0 2.0.0"
	errs     map[string]error

	mu    sync.Mutex
	calls []string
}

func (f *fake) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
}

func (f *fake) asked() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Join(f.calls, ", ")
}

func (f *fake) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	f.note("versions %s", name)
	if err := f.fail(ctx, name); err != nil {
		return nil, err
	}
	var versions []feed.Version
	for v := range strings.FieldsSeq(f.packages[name]) {
		versions = append(versions, feed.Version{Version: v, Tags: []string{"tag-" + v}})
	}
	return versions, nil
}

func (f *fake) Releases(ctx context.Context, name string, versions []string) (feed.Package, error) {
	f.note("releases %s %s", name, strings.Join(versions, "+"))
	if err := f.fail(ctx, name); err != nil {
		return feed.Package{}, err
	}
	var p feed.Package
	for _, v := range versions {
		if strings.Contains(" "+f.packages[name]+" ", " "+v+" ") {
			p.Releases = append(p.Releases, feed.Release{Version: v, Kind: feed.Pushed, Origin: feed.Origin{URL: "https://host.test/" + name}})
		}
	}
	return p, nil
}

func (f *fake) fail(ctx context.Context, name string) error {
	if err := f.errs[name]; err != nil {
		return err
	}
	if _, ok := f.packages[name]; !ok {
		return fmt.Errorf("%s: %w", name, feed.ErrNotFound)
	}
	return ctx.Err()
}

func (f *fake) Open(_ context.Context, file feed.File) (io.ReadCloser, error) {
	if f.errs[file.Path] != nil {
		return nil, f.errs[file.Path]
	}
	return io.NopCloser(strings.NewReader(file.Path)), nil
}

func named(name string, source ecosystem.Source, edit ...func(*ecosystem.UpstreamConfig)) Named {
	config := ecosystem.UpstreamConfig{Name: name, Ecosystem: "npm", FoundIn: "feedctl.yaml:1"}
	for _, e := range edit {
		e(&config)
	}
	return Named{Config: config, Source: source}
}

func include(patterns ...string) func(*ecosystem.UpstreamConfig) {
	return func(c *ecosystem.UpstreamConfig) { c.Include = patterns }
}

func exclude(patterns ...string) func(*ecosystem.UpstreamConfig) {
	return func(c *ecosystem.UpstreamConfig) { c.Exclude = patterns }
}

func disabled(c *ecosystem.UpstreamConfig) { c.Disabled = true }

func setOf(all ...Named) *Set {
	return New(func(context.Context) ([]Named, error) { return all, nil })
}

func list(versions []feed.Version) string {
	texts := make([]string, len(versions))
	for i, v := range versions {
		texts[i] = v.Version
		if v.Saved {
			texts[i] += " saved"
		}
	}
	return strings.Join(texts, ", ")
}

func notFoundErr(err error) bool { return errors.Is(err, feed.ErrNotFound) }

type upstreamConfig = ecosystem.UpstreamConfig

func opts(edits ...func(*upstreamConfig)) []func(*upstreamConfig) { return edits }
