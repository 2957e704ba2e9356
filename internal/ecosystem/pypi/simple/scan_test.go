package simple

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// decode reads a text with a jsonScanner into what encoding/json makes of it.
func decode(s *jsonScanner) (value any, err error) {
	switch s.peek() {
	case '{':
		object := map[string]any{}
		err = s.object(func(key []byte) error {
			name := strings.ToValidUTF8(string(key), "\ufffd")
			object[name], err = decode(s)
			return err
		})
		return object, err
	case '[':
		list := []any{}
		err = s.list(func() error {
			one, err := decode(s)
			list = append(list, one)
			return err
		})
		return list, err
	case '"':
		text, _, err := s.str()
		return text, err
	}
	raw, err := s.value()
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(raw, &value)
	return value, err
}

func FuzzJSONScanner(f *testing.F) {
	for _, text := range []string{`{"a": [1, -2.5e3, "x\"y\\", null, true], "b": {}}`, `[]`, `"\u00e9"`, `{"a":1,}`, `[`, `{"\u0061":{"x":[[]]}}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := &jsonScanner{text: []byte(text)}
		got, err := decode(s)
		var want any
		if json.Unmarshal([]byte(text), &want) != nil || strings.ToValidUTF8(text, "") != text || strings.Count(text, "[")+strings.Count(text, "{") > maxNesting {
			return
		}
		if err != nil || s.peek() != 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %v; want %#v", text, got, err, want)
		}
	})
}

func TestJSONScanner(t *testing.T) {
	for _, text := range []string{``, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a" 1}`, `{a:1}`, `[1 2]`, `"`, `"\"`, `[,]`, `{"a":1 "b":2}`, `"\x"`, strings.Repeat("[", 100) + strings.Repeat("]", 100)} {
		if value, err := decode(&jsonScanner{text: []byte(text)}); err == nil {
			t.Errorf("%s: %v", text, value)
		}
	}
}

func FuzzPage(f *testing.F) {
	for _, page := range []string{
		`<a href="../demo-1.tar.gz#sha256=00" data-yanked data-core-metadata="true">`, `<base href="x"><a href="//h/demo-1-py3-none-any.whl">`,
		`{"meta":{"api-version":"1.0"},"name":"demo","files":[{"filename":"demo-1.zip","url":"demo-1.zip","hashes":{}}]}`, `{"files":[{}]}`,
	} {
		f.Add([]byte(page))
	}
	base := &url.URL{Scheme: "https", Host: "index.test", Path: "/simple/demo/"}
	f.Fuzz(func(t *testing.T, page []byte) {
		p := Project{Name: "demo"}
		if (&Index{}).fill(&p, page, base) != nil {
			return
		}
		for _, file := range p.Files() {
			u, err := url.Parse(file.URL)
			if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || file.Version.IsZero() || file.path != "" {
				t.Errorf("%+v", file)
			}
		}
		for _, one := range p.Skipped {
			if one.Reason == "" || strings.ContainsFunc(one.Name, func(r rune) bool { return !strconv.IsPrint(r) }) {
				t.Errorf("%+v", one)
			}
		}
	})
}
