package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoding puts YAML nodes into the structs of document.go.
type decoding struct{ *problems }

// secretKeys are what people call a secret. None of them is a key of the file.
var secretKeys = []string{
	"token", "authtoken", "auth", "authorization", "password", "passwd", "secret", "apikey", "accesstoken", "bearer", "key", "pat",
}

const instead = "write credentials: {env: NAME} and set the environment variable NAME"

// pairs goes over the entries of a mapping, each key once.
func (d *decoding) pairs(node *yaml.Node, where string, yield func(key, value *yaml.Node)) {
	if node.Kind != yaml.MappingNode {
		d.at(node.Line, "%swant a mapping of keys to values", prefix(where))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if key.Kind != yaml.ScalarNode {
			d.at(key.Line, "%sa key must be a word", prefix(where))
			continue
		}
		if line, ok := seen[key.Value]; ok {
			d.at(key.Line, "%q is already set in line %d", clip(key.Value), line)
			continue
		}
		seen[key.Value] = key.Line
		yield(key, value)
	}
}

func prefix(where string) string {
	if where == "" {
		return ""
	}
	return where + ": "
}

// mapping decodes a mapping into the struct that target points to. The keys in
// more are given to other.
func (d *decoding) mapping(node *yaml.Node, where string, target any, more []string, other func(key string, node *yaml.Node)) {
	fields := fieldsOf(target)
	d.pairs(node, where, func(key, value *yaml.Node) {
		name := key.Value
		switch {
		case fields[name] != nil:
			if value.Tag != "!!null" {
				d.decode(value, prefix(where)+name, fields[name])
			}
		case slices.Contains(more, name):
			other(name, value)
		default:
			d.unknown(key, append(keysOf(target), more...))
		}
	})
}

func (d *decoding) unknown(key *yaml.Node, known []string) {
	if slices.Contains(secretKeys, plain(strings.TrimLeft(key.Value, "_"))) {
		d.at(key.Line, "%q would put a secret into this file; %s", clip(key.Value), instead)
		return
	}
	d.at(key.Line, "unknown key %q; %s", clip(key.Value), suggestion(key.Value, known))
}

// fieldsOf returns pointers to the fields of a struct by their keys.
func fieldsOf(target any) map[string]any {
	v := reflect.ValueOf(target).Elem()
	fields := map[string]any{}
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("yaml"); key != "" {
			fields[key] = v.Field(i).Addr().Interface()
		}
	}
	return fields
}

// keysOf returns the keys of a struct in the order of its fields.
func keysOf(target any) []string {
	t := reflect.TypeOf(target).Elem()
	var keys []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// decode puts a node into the field that target points to.
func (d *decoding) decode(node *yaml.Node, where string, target any) {
	switch field := target.(type) {
	case *value[string]:
		*field = scalar(d, node, where, parseText)
	case *value[bool]:
		*field = scalar(d, node, where, parseBool)
	case *value[int]:
		*field = scalar(d, node, where, parseInt)
	case *value[time.Duration]:
		*field = scalar(d, node, where, parseAge)
	case *list:
		field.line = node.Line
		d.sequence(node, where, func(element *yaml.Node) {
			field.values = append(field.values, scalar(d, element, where, parseText))
		})
	case *[]upstreamEntry:
		d.sequence(node, where, func(element *yaml.Node) {
			entry := upstreamEntry{line: element.Line}
			d.mapping(element, "upstream", &entry, nil, nil)
			if element.Kind == yaml.MappingNode {
				*field = append(*field, entry)
			}
		})
	case *credentialsEntry:
		d.credentials(node, field)
	default:
		panic(fmt.Sprintf("config: no decoder for %T", target))
	}
}

func (d *decoding) sequence(node *yaml.Node, where string, yield func(element *yaml.Node)) {
	if node.Kind != yaml.SequenceNode {
		d.at(node.Line, "%s: want a list", where)
		return
	}
	for _, element := range node.Content {
		if element.Kind == yaml.AliasNode {
			element = element.Alias
		}
		yield(element)
	}
}

// credentials decodes what is a mapping of references, or the word none.
func (d *decoding) credentials(node *yaml.Node, field *credentialsEntry) {
	field.line = node.Line
	switch {
	case node.Kind == yaml.ScalarNode && node.Value == "none":
	case node.Kind == yaml.ScalarNode:
		d.at(node.Line, "credentials: a secret does not belong into this file; %s", instead)
	default:
		d.mapping(node, "credentials", field, nil, nil)
	}
}

// scalar decodes one value. Errors do not repeat it: it may be in the wrong place
// because it is a secret.
func scalar[T any](d *decoding, node *yaml.Node, where string, parse func(tag, text string) (T, error)) value[T] {
	tag, text := node.Tag, node.Value
	if node.Kind != yaml.ScalarNode {
		tag, text = "", ""
	}
	parsed, err := parse(tag, text)
	if err != nil {
		d.at(node.Line, "%s: %v", where, err)
	}
	return value[T]{v: parsed, line: node.Line, bad: err != nil}
}

type wantError string

func (e wantError) Error() string { return "want " + string(e) }

const (
	errText wantError = "a text; write it in quotes"
	errBool wantError = "true or false"
	errInt  wantError = "a whole number"
	errAge  wantError = "a time such as 24h, 30m or 7d"
)

func parseText(tag, text string) (string, error) {
	if tag != "!!str" {
		return "", errText
	}
	return text, nil
}

func parseBool(tag, text string) (bool, error) {
	if tag != "!!bool" {
		return false, errBool
	}
	return strings.EqualFold(text, "true"), nil
}

func parseInt(tag, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if tag != "!!int" || err != nil {
		return 0, errInt
	}
	return n, nil
}

// parseAge reads a duration, with d for days besides what Go knows.
func parseAge(_, text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	age, err := time.ParseDuration(text)
	if err != nil || age < 0 {
		return 0, errAge
	}
	return age, nil
}
