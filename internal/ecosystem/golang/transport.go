package golang

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// transport reads the tree of a module proxy by paths below its root.
type transport interface {
	// get returns a small file. check, which may be nil, refuses what the protocol
	// does not allow; fresh passes over caches.
	get(ctx context.Context, path string, limit int64, fresh bool, check func([]byte) error) ([]byte, error)
	// open starts the transfer of an artifact.
	open(ctx context.Context, path string) (io.ReadCloser, error)
	// address is where a file lies, without secrets; "" when that is a matter of
	// this machine alone.
	address(path string) string
}

// newTransport reads the address of a proxy: http, https, or file for a folder.
func newTransport(config ecosystem.UpstreamConfig, client *web.Client) (transport, error) {
	base, err := url.Parse(config.URL)
	if err == nil && base.Scheme == "file" {
		return newFolder(config, base)
	}
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, fmt.Errorf("upstream %q: %s is no address of a module proxy; want https://HOST/PATH or file:///FOLDER (%s)",
			config.Name, web.Redact(config.URL), config.FoundIn)
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("upstream %q: the address %s of a module proxy must hold no user, query or fragment; give credentials separately (%s)",
			config.Name, web.Redact(config.URL), config.FoundIn)
	}
	t := &server{url: strings.TrimRight(base.String(), "/"), access: config.Access, client: client}
	if t.access.Base == "" {
		t.access.Base = t.url
	}
	if t.access.Upstream == "" {
		t.access.Upstream = config.Name
	}
	return t, nil
}

// server is a module proxy behind HTTP.
type server struct {
	url    string // without a trailing slash
	access web.Access
	client *web.Client
}

func (t *server) address(path string) string {
	return t.url + "/" + strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
}

func (t *server) get(ctx context.Context, path string, limit int64, fresh bool, check func([]byte) error) ([]byte, error) {
	return t.client.Get(ctx, web.Request{URL: t.address(path), Limit: limit, Access: t.access, Fresh: fresh, Check: check})
}

func (t *server) open(ctx context.Context, path string) (io.ReadCloser, error) {
	return t.client.Open(ctx, web.Request{URL: t.address(path), Limit: maxZip, Access: t.access})
}

// directory is a module proxy's tree on disk.
type directory struct {
	upstream string
	root     fs.FS
}

func newFolder(config ecosystem.UpstreamConfig, base *url.URL) (transport, error) {
	path := base.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/")
	}
	if base.Host != "" && base.Host != "localhost" || path == "" {
		return nil, fmt.Errorf("upstream %q: %s names no folder of this machine; want file:///FOLDER (%s)", config.Name, web.Redact(config.URL), config.FoundIn)
	}
	return &directory{upstream: config.Name, root: os.DirFS(filepath.FromSlash(path))}, nil
}

func (t *directory) address(string) string { return "" }

func (t *directory) get(ctx context.Context, path string, limit int64, _ bool, check func([]byte) error) ([]byte, error) {
	body, err := t.open(ctx, path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := readCapped(body, limit)
	if err == nil && check != nil {
		err = check(data)
	}
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %s: %w", t.upstream, path, err)
	}
	return data, nil
}

func (t *directory) open(ctx context.Context, path string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	body, err := t.root.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, fmt.Errorf("upstream %q: %s: %w", t.upstream, path, feed.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("upstream %q: %w", t.upstream, err)
	}
	if info, err := body.Stat(); err != nil || !info.Mode().IsRegular() {
		body.Close()
		return nil, fmt.Errorf("upstream %q: %s: not a file: %w", t.upstream, path, errors.Join(err, feed.ErrNotFound))
	}
	return body, nil
}
