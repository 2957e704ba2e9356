package lock

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxAliased bounds how many values aliases may repeat, so that a few bytes
// cannot stand for gigabytes.
const maxAliased = 100_000

// yamlReader turns YAML documents into values that know their line.
type yamlReader struct {
	src     *source
	values  int
	aliased int
}

// parseYAML reads every document of a file. Documents without content are left
// out; a key that occurs twice in a mapping is an error.
func parseYAML(s *source) ([]*value, error) {
	r := &yamlReader{src: s}
	decoder := yaml.NewDecoder(bytes.NewReader(s.data))
	var documents []*value
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, r.explain(err)
		}
		v, err := r.value(&node, 0, false)
		if err != nil {
			return nil, err
		}
		if v.kind != null {
			documents = append(documents, v)
		}
	}
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

func (r *yamlReader) explain(err error) error {
	message, line := err.Error(), 0
	if match := yamlLine.FindStringSubmatch(message); match != nil {
		line, _ = strconv.Atoi(match[1])
		message = message[len(match[0]):]
	}
	return r.src.fail(line, "", "the file is not valid YAML: %s", clip(strings.TrimPrefix(message, "yaml: ")))
}

func (r *yamlReader) value(node *yaml.Node, depth int, aliased bool) (*value, error) {
	if err := r.count(node, depth, aliased); err != nil {
		return nil, err
	}
	v := &value{line: node.Line}
	switch node.Kind {
	case yaml.DocumentNode:
		if len(node.Content) == 0 {
			return v, nil
		}
		return r.value(node.Content[0], depth, aliased)
	case yaml.AliasNode:
		return r.value(node.Alias, depth+1, true)
	case yaml.SequenceNode:
		v.kind = array
		for _, item := range node.Content {
			element, err := r.value(item, depth+1, aliased)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, element)
		}
	case yaml.MappingNode:
		return v, r.mapping(v, node, depth, aliased)
	case yaml.ScalarNode:
		v.scalar, v.kind = node.Value, scalarKind(node.ShortTag())
	}
	return v, nil
}

func (r *yamlReader) count(node *yaml.Node, depth int, aliased bool) error {
	r.values++
	if aliased {
		r.aliased++
	}
	switch {
	case depth > maxDepth:
		return r.src.fail(node.Line, "", "values are nested deeper than %d levels", maxDepth)
	case r.values > maxValues:
		return r.src.fail(node.Line, "", "the file holds more than %d values", maxValues)
	case r.aliased > maxAliased:
		return r.src.fail(node.Line, "", "aliases stand for more than %d values", maxAliased)
	}
	return nil
}

func (r *yamlReader) mapping(v *value, node *yaml.Node, depth int, aliased bool) error {
	v.kind = object
	lines := make(map[string]int, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, item := node.Content[i], node.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return r.src.fail(key.Line, "", "a key is not a text")
		}
		if first, twice := lines[key.Value]; twice {
			return r.src.fail(key.Line, key.Value, "the key occurs twice, first in line %d", first)
		}
		lines[key.Value] = key.Line
		member, err := r.value(item, depth+1, aliased)
		if err != nil {
			return err
		}
		member.line = key.Line
		v.keys, v.items = append(v.keys, key.Value), append(v.items, member)
	}
	return nil
}

func scalarKind(tag string) valueKind {
	switch tag {
	case "!!null":
		return null
	case "!!bool":
		return boolean
	case "!!int", "!!float":
		return number
	}
	return text
}
