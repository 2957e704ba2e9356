package simple

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// Accept is what pages are asked for with. Some indexes tell upload times only to
// those who name the simple API's own types.
const Accept = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"

// maxPage is the largest page that is read, in bytes.
const maxPage = 128 << 20

// ask reads a page.
func (x *Index) ask(ctx context.Context, address string, fresh bool) (web.Answer, *url.URL, error) {
	answer, err := x.client.Ask(ctx, web.Request{
		URL: address, Accept: Accept, Limit: maxPage, Access: x.access, Fresh: fresh, Check: checkPage,
	})
	if err != nil {
		return answer, nil, err
	}
	base, err := url.Parse(answer.URL)
	if err != nil || base.Host == "" {
		base, err = url.Parse(address)
	}
	return answer, base, err
}

// isJSON tells the two forms of a page apart by its first character; servers are
// less reliable with types than pages are with braces.
func isJSON(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body[:min(len(body), 1<<10)], " \t\r\n\ufeff"), []byte("{"))
}

// countLinks tells about how many files a page lists, for the memory to begin with.
func countLinks(body []byte) int {
	return min(bytes.Count(body, []byte("<a "))+bytes.Count(body, []byte(`"filename"`)), maxFiles/10)
}

func checkPage(body []byte) error {
	if bytes.IndexByte(body, 0) >= 0 {
		return errors.New("a page with a zero byte, which no text has")
	}
	if !isJSON(body) {
		return checkHTML(body)
	}
	if !bytes.Contains(body, []byte(`"files"`)) {
		return errors.New("JSON, but none of the simple API: no files")
	}
	return nil
}

// pageProject reads the page of one project.
func (x *Index) pageProject(ctx context.Context, address, name string, fresh bool) (Project, error) {
	answer, base, err := x.ask(ctx, address, fresh)
	if err != nil {
		return Project{}, err
	}
	p := Project{Name: name, URL: web.Redact(address)}
	return p, x.fill(&p, answer.Body, base)
}

// fill reads a page of one project.
func (x *Index) fill(p *Project, body []byte, base *url.URL) error {
	l := newList(p, false, countLinks(body))
	var read page
	var err error
	if isJSON(body) {
		read, err = readJSON(body, base, p.Name, l.add)
	} else {
		read, err = readHTML(body, base, l.add)
	}
	met := l.finish()
	p.Status, p.StatusReason = strings.ToLower(clip(read.status)), clip(read.statusReason)
	switch {
	case err != nil:
		return x.wrong(p.URL, err)
	case p.groups() == 0 && l.others != "" && !l.anyMine():
		return x.wrong(p.URL, fmt.Errorf("the page of %s lists files of another project, such as %s; check the address of the index", p.Name, l.others))
	case met == 0 && p.Status == "":
		return fmt.Errorf("upstream %q: %s is a page without files: %w", x.upstream, p.URL, feed.ErrNotFound)
	}
	return nil
}

// wrong says that a page is not what the protocol demands.
func (x *Index) wrong(address string, err error) error {
	if address == "" {
		return fmt.Errorf("upstream %q: %w", x.upstream, err)
	}
	return &feed.UpstreamError{Upstream: x.upstream, URL: web.Redact(address), Status: http.StatusOK, Err: err}
}

func isNotFound(err error) bool { return errors.Is(err, feed.ErrNotFound) }

// flatProject picks the files of one project from the page or folder of all.
func (x *Index) flatProject(ctx context.Context, name string, fresh bool) (Project, error) {
	links, from, err := x.flatLinks(ctx, fresh)
	if err != nil {
		return Project{}, err
	}
	p := Project{Name: name, URL: from}
	l := newList(&p, true, 0)
	for i := range links {
		if l.begins(links[i].name) {
			l.add(&links[i])
		}
	}
	if l.finish() == 0 {
		return Project{}, fmt.Errorf("upstream %q: no file of %s in the flat list: %w", x.upstream, name, feed.ErrNotFound)
	}
	return p, nil
}

// flatLinks reads the page or folder of all projects once.
func (x *Index) flatLinks(ctx context.Context, fresh bool) ([]link, string, error) {
	x.flat.Lock()
	defer x.flat.Unlock()
	if x.flat.links != nil && !fresh {
		return x.flat.links, x.flat.from, ctx.Err()
	}
	links := []link{}
	collect := func(one *link) {
		if isDistribution(one.name) {
			links = append(links, *one)
		}
	}
	from := ""
	if x.place.url == nil {
		if err := x.readFlatFolder(ctx, collect); err != nil {
			return nil, "", err
		}
	} else {
		answer, base, err := x.ask(ctx, x.place.url.String(), fresh)
		if err != nil {
			return nil, "", err
		}
		from = web.Redact(x.place.url.String())
		if isJSON(answer.Body) {
			return nil, "", x.wrong(from, errors.New("JSON; a flat list of files is an HTML page"))
		}
		if _, err := readHTML(answer.Body, base, collect); err != nil {
			return nil, "", x.wrong(from, err)
		}
	}
	x.flat.links, x.flat.from = links, from
	return links, from, nil
}
