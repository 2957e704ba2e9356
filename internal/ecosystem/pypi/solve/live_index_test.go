//go:build live

package solve

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
	"github.com/feedctl/feedctl/pkg/feed"
)

// simpleIndex is a universe over the index that this machine's pip is set to:
// HTML pages and the ".metadata" siblings of wheels. Source distributions are
// left out.
type simpleIndex struct {
	base   string
	client *http.Client
	target *wheel.Selector
	env    *marker.Environment
	pages  atomic.Int64
	files  atomic.Int64
	ranged atomic.Int64
}

var defaultIndex = regexp.MustCompile(`(?s)--index-url.*?\(default\s+(\S+?)\)`)

// configuredIndex asks pip for its index.
func configuredIndex(t *testing.T) string {
	t.Helper()
	if u := os.Getenv("PIP_INDEX_URL"); u != "" {
		return u
	}
	if out, err := exec.Command("pip", "config", "get", "global.index-url").Output(); err == nil {
		return strings.TrimSpace(string(out))
	}
	out, err := exec.Command("pip", "download", "--help").Output()
	if err != nil {
		t.Skipf("no pip: %v", err)
	}
	m := defaultIndex.FindStringSubmatch(string(out))
	if m == nil {
		t.Skip("pip tells no index")
	}
	return m[1]
}

func (x *simpleIndex) get(ctx context.Context, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", err
	}
	req.Header.Set("Accept", "text/html")
	resp, err := x.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return "", feed.ErrNotFound
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	return string(body), err
}

var (
	anchor    = regexp.MustCompile(`(?s)<a\s([^>]*)>\s*([^<]+?)\s*</a>`)
	attribute = regexp.MustCompile(`([a-z-]+)(?:\s*=\s*"([^"]*)")?`)
)

func (x *simpleIndex) Versions(ctx context.Context, name string) ([]Candidate, error) {
	x.pages.Add(1)
	address := strings.TrimSuffix(x.base, "/") + "/" + name + "/"
	page, err := x.get(ctx, address)
	if err != nil {
		return nil, err
	}
	from, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	type best struct {
		wheel     wheel.Wheel
		candidate Candidate
	}
	found := map[string]*best{}
	for _, m := range anchor.FindAllStringSubmatch(page, -1) {
		attrs := map[string]string{}
		for _, a := range attribute.FindAllStringSubmatch(m[1], -1) {
			attrs[a[1]] = html.UnescapeString(a[2])
		}
		w, err := wheel.ParseWheel(html.UnescapeString(m[2]))
		if err != nil {
			continue
		}
		key := w.Version.Key()
		if found[key] == nil {
			found[key] = &best{candidate: Candidate{Version: w.Version, Refused: "has no wheel for the target"}}
		}
		b := found[key]
		if !x.target.Supports(w) || b.candidate.Refused == "" && !x.target.Better(w, b.wheel) {
			continue
		}
		ref, err := url.Parse(attrs["href"])
		if err != nil {
			continue
		}
		ref = from.ResolveReference(ref)
		ref.Fragment = ""
		_, yanked := attrs["data-yanked"]
		python, _ := version.ParseSpecifiers(attrs["data-requires-python"])
		*b = best{w, Candidate{Version: w.Version, Yanked: yanked, RequiresPython: python, Value: ref.String()}}
	}
	list := make([]Candidate, 0, len(found))
	for _, b := range found {
		list = append(list, b.candidate)
	}
	return list, nil
}

func (x *simpleIndex) Dependencies(ctx context.Context, _ string, c Candidate) (Metadata, error) {
	x.files.Add(1)
	text, err := x.get(ctx, c.Value.(string)+".metadata")
	if errors.Is(err, feed.ErrNotFound) {
		text, err = x.inside(ctx, c.Value.(string))
	}
	if err != nil {
		return Metadata{}, err
	}
	var m Metadata
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && lines.Text() != "" {
		key, value, _ := strings.Cut(lines.Text(), ":")
		switch strings.ToLower(key) {
		case "requires-python":
			m.RequiresPython, err = version.ParseSpecifiers(value)
		case "requires-dist":
			err = x.requirement(&m, value)
		}
		if err != nil {
			return m, &UnusableError{"has invalid metadata: " + err.Error()}
		}
	}
	return m, nil
}

// requirement adds a line if the target can need it.
func (x *simpleIndex) requirement(m *Metadata, line string) error {
	r, err := parseDependency(line, x.env)
	if errors.Is(err, errNever) {
		return nil
	}
	if err == nil {
		m.Requires = append(m.Requires, r)
	}
	return err
}

var errNever = errors.New("not for this target")

func parseDependency(line string, env *marker.Environment) (Requirement, error) {
	q, err := marker.ParseLenient(strings.TrimSpace(line))
	if err != nil {
		return Requirement{}, err
	}
	rest := q.Marker.Reduce(env)
	if rest.IsNever() {
		return Requirement{}, errNever
	}
	r := Requirement{Name: q.Name, Extras: q.Extras, Specifiers: q.Specifiers, URL: q.URL}
	if !rest.IsAlways() {
		r.If = func(extra string) bool { return rest.Eval(env, []string{extra}) }
	}
	return r, nil
}

// remote reads parts of a file over HTTP. The end of it is kept.
type remote struct {
	ctx     func() context.Context
	x       *simpleIndex
	address string
	size    int64
	tail    []byte
}

func (r *remote) span(bounds string) ([]byte, int64, error) {
	req, err := http.NewRequestWithContext(r.ctx(), http.MethodGet, r.address, http.NoBody)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Range", "bytes="+bounds)
	resp, err := r.x.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return nil, 0, fmt.Errorf("status %d for a range", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, 32<<20))
	_, total, _ := strings.Cut(resp.Header.Get("Content-Range"), "/")
	size, _ := strconv.ParseInt(total, 10, 64)
	return body, size, err
}

func (r *remote) ReadAt(p []byte, off int64) (int, error) {
	if start := r.size - int64(len(r.tail)); off >= start {
		n := copy(p, r.tail[off-start:])
		if n < len(p) {
			return n, io.EOF
		}
		return n, nil
	}
	end := r.size - int64(len(r.tail))
	if r.size-off < 16<<20 {
		head, _, err := r.span(fmt.Sprintf("%d-%d", off, end-1))
		r.tail = append(head, r.tail...)
		return copy(p, r.tail), err
	}
	body, _, err := r.span(fmt.Sprintf("%d-%d", off, off+int64(len(p))-1))
	return copy(p, body), err
}

// inside reads METADATA out of a wheel.
func (x *simpleIndex) inside(ctx context.Context, address string) (string, error) {
	x.ranged.Add(1)
	r := &remote{ctx: func() context.Context { return ctx }, x: x, address: address}
	var err error
	if r.tail, r.size, err = r.span("-65536"); err != nil {
		return "", err
	}
	z, err := zip.NewReader(r, r.size)
	if err != nil {
		return "", err
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, ".dist-info/METADATA") && strings.Count(f.Name, "/") == 1 {
			body, err := f.Open()
			if err != nil {
				return "", err
			}
			text, err := io.ReadAll(io.LimitReader(body, 8<<20))
			return string(text), err
		}
	}
	return "", feed.ErrNotFound
}
