package simple

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/simple/anchor"
)

var (
	errNoIndex = errors.New("an HTML page, but no page of a package index, such as a login or a portal sends; check the address of the index")
	errMany    = fmt.Errorf("a page with more than %d files", maxFiles)
)

// page is what an HTML page says besides its files.
type page struct {
	version string // pypi:repository-version
	title   string
	form    bool
	anchors int
	files   int // links to what looks like a distribution

	status, statusReason string
}

// readHTML reads a page of the simple API or a flat one, and calls yield for each
// link.
func readHTML(body []byte, base *url.URL, yield func(*link)) (page, error) {
	r := &reader{resolver: resolver{base: base}, interned: map[string]*string{}}
	var p page
	s := anchor.New(body)
	for s.Next() {
		switch s.Kind() {
		case anchor.A:
			p.anchors++
			one, ok := r.anchor(s)
			if !ok {
				continue
			}
			if isDistribution(one.name) {
				p.files++
			}
			if p.files > maxFiles {
				return p, errMany
			}
			yield(one)
		case anchor.Base:
			r.setBase(s)
		case anchor.Meta:
			p.meta(s)
		case anchor.Title:
			p.title = strings.ToLower(clip(html.UnescapeString(string(s.Text()))))
		case anchor.Form:
			p.form = true
		}
	}
	if p.files == 0 && !p.isEmptyIndex() {
		return p, errNoIndex
	}
	return p, checkVersion(p.version)
}

// isEmptyIndex reports whether a page without files is one of an index.
func (p *page) isEmptyIndex() bool {
	if p.version != "" || p.status != "" {
		return true
	}
	for _, title := range []string{"links for", "simple index", "index of", "directory listing"} {
		if strings.Contains(p.title, title) {
			return true
		}
	}
	return !p.form && p.anchors == 0 && p.title == ""
}

// checkVersion refuses a version of the API that this package does not know (PEP
// 629).
func checkVersion(version string) error {
	major, _, _ := strings.Cut(version, ".")
	if major != "" && major != "1" {
		return fmt.Errorf("the index speaks version %q of the simple API; this program knows version 1", clip(version))
	}
	return nil
}

func (p *page) meta(s *anchor.Scanner) {
	name, _ := s.Value("name")
	content, _ := s.Value("content")
	switch strings.ToLower(name) {
	case "pypi:repository-version":
		p.version = content
	case "pypi:project-status":
		p.status = content
	case "pypi:project-status-reason":
		p.statusReason = content
	}
}

// reader reads the anchors of one page.
type reader struct {
	resolver
	based    bool
	one      link
	interned map[string]*string // values that many files share
}

// setBase honours the first <base href>.
func (r *reader) setBase(s *anchor.Scanner) {
	href, ok := s.Value("href")
	if !ok || r.based {
		return
	}
	r.based = true
	parsed, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return
	}
	parsed.User = nil
	target := r.base.ResolveReference(parsed)
	if onWeb := target.Scheme == "http" || target.Scheme == "https"; onWeb && target.Host != "" || target.Scheme == "file" && r.base.Scheme == "file" {
		r.base, r.dir = target, ""
	}
}

// anchor reads one <a>. The link is valid until the next call.
func (r *reader) anchor(s *anchor.Scanner) (*link, bool) {
	raw, ok := s.Raw("href")
	if !ok || len(raw) > maxHref {
		return nil, false
	}
	var fragment string
	r.one, fragment = r.link(anchor.Unescape(raw))
	one := &r.one
	one.setDigests(fragment)
	if raw, ok := s.Raw("data-requires-python"); ok {
		one.file.RequiresPython = *r.intern(raw)
	}
	if raw, ok := s.Raw("data-yanked"); ok {
		one.file.Yanked = r.intern(raw)
	}
	raw, ok = s.Raw("data-core-metadata")
	if !ok {
		raw, ok = s.Raw("data-dist-info-metadata")
	}
	if ok {
		one.setCoreMetadata(anchor.Unescape(raw))
	}
	if raw, ok := s.Raw("data-upload-time"); ok {
		one.setUploaded(string(raw))
	}
	if raw, ok := s.Raw("data-size"); ok {
		one.setSize(string(raw))
	}
	if raw, ok := s.Raw("data-provenance"); ok {
		one.file.Provenance = anchor.Unescape(raw)
	}
	return one, true
}

// maxHref is the longest href that is read, in bytes.
const maxHref = 8 << 10

// intern returns the value of an attribute, the same text once for a page.
func (r *reader) intern(raw []byte) *string {
	if text, ok := r.interned[string(raw)]; ok {
		return text
	}
	text := anchor.Unescape(raw)
	r.interned[string(raw)] = &text
	return &text
}

// checkHTML refuses, before it is cached, a page that is none of an index. It is
// cheap for those that are.
func checkHTML(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return errors.New("an empty answer; an index has a page even for a project without files")
	}
	for _, ending := range []string{".whl", ".tar.gz", ".zip"} {
		if bytes.Contains(body, []byte(ending)) {
			return nil
		}
	}
	_, err := readHTML(body, &url.URL{Scheme: "https", Host: "registry.example", Path: "/"}, func(*link) {})
	return err
}
