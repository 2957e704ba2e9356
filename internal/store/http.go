package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/web"
)

// HTTP is a feed behind a web server.
type HTTP struct {
	client *web.Client
	base   string
	access web.Access
}

// NewHTTP returns the feed whose feed.json is at base + "/feed.json". It makes
// no request.
func NewHTTP(client *web.Client, base string, access web.Access) (*HTTP, error) {
	u, err := url.Parse(base)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("feed %s: want the plain URL of the folder that holds %s", web.Redact(base), ManifestPath)
	}
	base = strings.TrimSuffix(base, "/"+ManifestPath)
	return &HTTP{client: client, base: strings.TrimRight(base, "/"), access: access}, nil
}

// Open implements [Tree]. The manifest and the ledger go through the client's
// cache and are always revalidated, so that they belong together; everything
// else is streamed.
func (h *HTTP) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	request := web.Request{URL: h.base + "/" + escapeURL(path), Access: h.access}
	if path != ManifestPath && !strings.HasPrefix(path, ledgerDir+"/") {
		return h.client.Open(ctx, request)
	}
	request.Fresh = true
	data, err := h.client.Get(ctx, request)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// escapeURL escapes each segment. "+" too, which some object stores take for a
// blank.
func escapeURL(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(segment), "+", "%2B")
	}
	return strings.Join(segments, "/")
}
