package config

import (
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// value is a value of the file and the line it stands in; line 0 means that the
// file does not have it.
type value[T any] struct {
	v    T
	line int
	bad  bool // what is wrong with it was said
}

// document is the file, decoded but for what its values mean.
type document struct {
	To              value[string]        `yaml:"to"`
	BaseURL         value[string]        `yaml:"base_url"`
	Upstreams       []upstreamEntry      `yaml:"upstreams"`
	Platforms       list                 `yaml:"platforms"`
	Extras          list                 `yaml:"extras"`
	Inputs          list                 `yaml:"inputs"`
	Jobs            value[int]           `yaml:"jobs"`
	MaxAge          value[time.Duration] `yaml:"max_age"`
	Offline         value[bool]          `yaml:"offline"`
	LockedOnly      value[bool]          `yaml:"locked_only"`
	SkipUnsupported value[bool]          `yaml:"skip_unsupported"`
	CacheDir        value[string]        `yaml:"cache_dir"`

	options map[string]map[string]string // by ecosystem, whose name is the key
}

// list is a list of texts.
type list struct {
	values []value[string]
	line   int
}

type upstreamEntry struct {
	Name        value[string]    `yaml:"name"`
	Ecosystem   value[string]    `yaml:"ecosystem"`
	URL         value[string]    `yaml:"url"`
	Feed        value[string]    `yaml:"feed"`
	Include     list             `yaml:"include"`
	Exclude     list             `yaml:"exclude"`
	Enabled     value[bool]      `yaml:"enabled"`
	Credentials credentialsEntry `yaml:"credentials"`
	CA          value[string]    `yaml:"ca"`

	line int
}

type credentialsEntry struct {
	Env         value[string] `yaml:"env"`
	Username    value[string] `yaml:"username"`
	UsernameEnv value[string] `yaml:"username_env"`
	PasswordEnv value[string] `yaml:"password_env"`
	Netrc       value[bool]   `yaml:"netrc"`
	Client      value[bool]   `yaml:"client"`

	line int
}

var (
	syntaxLine = regexp.MustCompile(`line ([0-9]+): `)
	quotedText = regexp.MustCompile("'[^']*'|\"[^\"]*\"|`[^`]*`")
)

// parse decodes the file. What it does not understand is in p.
func parse(data []byte, p *problems, ecosystems []ecosystem.Ecosystem) document {
	var doc document
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	var root, more yaml.Node
	err := decoder.Decode(&root)
	if err == nil {
		if again := decoder.Decode(&more); again == nil {
			p.at(more.Line, "a second document begins here; the file has only one")
		} else {
			err = again
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		syntaxProblem(p, err)
	}
	if len(root.Content) > 0 && root.Content[0].Tag != "!!null" {
		d := &decoding{problems: p}
		d.options(root.Content[0], &doc, ecosystems)
	}
	return doc
}

// syntaxProblem repeats nothing of the file, which may hold what should not be
// in it.
func syntaxProblem(p *problems, err error) {
	text := strings.TrimPrefix(quotedText.ReplaceAllString(err.Error(), "…"), "yaml: ")
	line := 0
	if match := syntaxLine.FindStringSubmatch(text); match != nil {
		line, _ = strconv.Atoi(match[1])
		text = strings.Replace(text, match[0], "", 1)
	}
	p.at(line, "not valid YAML: %s", clip(text))
}

// options decodes the top of the file, whose keys are those of document and the
// names of the ecosystems.
func (d *decoding) options(top *yaml.Node, doc *document, ecosystems []ecosystem.Ecosystem) {
	known := map[string]map[string]string{}
	for _, e := range ecosystems {
		known[e.Name] = e.Options
	}
	doc.options = map[string]map[string]string{}
	d.mapping(top, "", doc, slices.Sorted(maps.Keys(known)), func(key string, node *yaml.Node) {
		doc.options[key] = d.texts(node, key, slices.Sorted(maps.Keys(known[key])))
	})
}

// texts decodes a mapping of scalars, each as it is written.
func (d *decoding) texts(node *yaml.Node, where string, known []string) map[string]string {
	texts := map[string]string{}
	d.pairs(node, where, func(key *yaml.Node, value *yaml.Node) {
		switch {
		case !slices.Contains(known, key.Value):
			d.unknown(key, known)
		case value.Kind != yaml.ScalarNode || value.Tag == "!!null":
			d.at(value.Line, "%s: %s: want a text", where, key.Value)
		default:
			texts[key.Value] = value.Value
		}
	})
	return texts
}
