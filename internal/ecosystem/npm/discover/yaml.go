package discover

import (
	"errors"
	"fmt"
	"iter"
	"regexp"

	"go.yaml.in/yaml/v3"
)

var yamlLine = regexp.MustCompile(`\bline [0-9]+\b`)

// parseYAML returns the mapping at the top of a document, nil for an empty one.
// Errors do not repeat the text, which may hold credentials.
func parseYAML(data []byte) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		if where := yamlLine.FindString(err.Error()); where != "" {
			return nil, fmt.Errorf("%s is not valid YAML", where)
		}
		return nil, errors.New("not valid YAML")
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil, nil
	}
	return document.Content[0], nil
}

// pairs goes over the entries of a mapping; one that is nil or none has none.
func pairs(node *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			value := node.Content[i+1]
			if value.Kind == yaml.AliasNode {
				value = value.Alias
			}
			if !yield(node.Content[i].Value, value) {
				return
			}
		}
	}
}

// child returns the value of the first of the keys that a mapping has, or nil.
func child(node *yaml.Node, keys ...string) *yaml.Node {
	for _, key := range keys {
		for name, value := range pairs(node) {
			if name == key {
				return value
			}
		}
	}
	return nil
}
