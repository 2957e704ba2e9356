package relocate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"

	"github.com/pelletier/go-toml/v2"
)

// Project is a pyproject.toml with the indexes that poetry asks.
type Project struct {
	Sources map[string]Text // addresses by name

	data []byte
	all  map[string]any
}

// ReadProject reads a pyproject.toml.
func ReadProject(data []byte) (*Project, error) {
	p := &Project{Sources: map[string]Text{}, data: data}
	if err := toml.Unmarshal(bytes.TrimPrefix(data, []byte(mark)), &p.all); err != nil {
		return nil, fmt.Errorf("pyproject.toml: %w", err)
	}
	root, err := parse(plain(data))
	if err != nil {
		return nil, fmt.Errorf("pyproject.toml: %w", err)
	}
	for _, source := range root.get("tool", "poetry", "source").list {
		if name, address := source.get("name"), source.get("url"); name.isText() && address.isText() {
			p.Sources[name.text] = textOf(address)
		}
	}
	return p, nil
}

// Edit returns the project with the addresses of its indexes in the place of the
// old ones, by name.
func (p *Project) Edit(addresses map[string]string) ([]byte, error) {
	var edits []Edit
	for name, address := range addresses {
		if text, ok := p.Sources[name]; ok && text.Value != address {
			edits = append(edits, text.To(address))
		}
	}
	return Apply(p.data, edits)
}

// The keys that poetry's content-hash covers.
var (
	projectKeys = []string{"requires-python", "dependencies", "optional-dependencies"}
	legacyKeys  = []string{"dependencies", "source", "extras", "dev-dependencies"}
)

// Hash returns the content-hash that poetry writes into the lock of the project:
// SHA-256, in hex, of what the lock depends on, as Python's json.dumps writes it
// with sorted keys. addresses stand in the place of those of the indexes.
func (p *Project) Hash(addresses map[string]string) (string, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, p.relevant(addresses)); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

func (p *Project) relevant(addresses map[string]string) map[string]any {
	project := map[string]any{}
	for _, key := range projectKeys {
		if given, ok := tableOf(p.all, "project")[key]; ok {
			project[key] = given
		}
	}
	groups := tableOf(p.all, "dependency-groups")
	own := tableOf(p.all, "tool", "poetry")
	poetry := map[string]any{}
	for _, key := range legacyKeys {
		given, ok := own[key]
		if ok || len(project)+len(groups) == 0 {
			poetry[key] = given
		}
	}
	if given, ok := own["group"]; ok {
		poetry["group"] = given
	}
	if list, ok := poetry["source"].([]any); ok {
		poetry["source"] = moved(list, addresses)
	}
	if len(project)+len(groups) == 0 {
		return poetry
	}
	all := map[string]any{"tool": map[string]any{"poetry": poetry}}
	if len(project) > 0 {
		all["project"] = project
	}
	if len(groups) > 0 {
		all["dependency-groups"] = groups
	}
	return all
}

// moved returns the tables of indexes with other addresses.
func moved(list []any, addresses map[string]string) []any {
	list = slices.Clone(list)
	for i := range list {
		source, ok := list[i].(map[string]any)
		if !ok {
			continue
		}
		name, _ := source["name"].(string)
		if address, ok := addresses[name]; ok {
			source = maps.Clone(source)
			source["url"] = address
			list[i] = source
		}
	}
	return list
}

func tableOf(all map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		all, _ = all[key].(map[string]any)
	}
	return all
}

// writeJSON writes a value as json.dumps does with sort_keys: blanks behind commas
// and colons, and everything beyond ASCII escaped.
func writeJSON(b *bytes.Buffer, v any) error {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case map[string]any:
		return writeObject(b, v)
	case []any:
		return writeArray(b, v)
	case string:
		return writeText(b, v)
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	default:
		return fmt.Errorf("pyproject.toml: a value of the kind %T has no place in what poetry locks", v)
	}
	return nil
}

func writeObject(b *bytes.Buffer, table map[string]any) error {
	b.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(table)) {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := writeText(b, key); err != nil {
			return err
		}
		b.WriteString(": ")
		if err := writeJSON(b, table[key]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeArray(b *bytes.Buffer, list []any) error {
	b.WriteByte('[')
	for i, one := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := writeJSON(b, one); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func writeText(b *bytes.Buffer, text string) error {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return err
	}
	for _, r := range string(bytes.TrimSpace(quoted.Bytes())) {
		switch {
		case r < 0x7f:
			b.WriteRune(r)
		case r == 0x7f:
			b.WriteByte(0x7f)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
	return nil
}
