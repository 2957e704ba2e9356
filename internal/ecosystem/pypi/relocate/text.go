package relocate

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/pelletier/go-toml/v2/unstable"
)

// value is a TOML value and where it stands. Of tables only the keys in kept are
// read; what is neither text, table nor list is empty.
type value struct {
	text       string
	start, end int // of a text with its quotes, in bytes; both 0 for anything else
	table      map[string]*value
	list       []*value
}

// kept are the keys on the way to an address, and those that tell what it is of.
var kept = map[string]bool{
	"package": true, "packages": true, "distribution": true, "name": true, "version": true,
	"source": true, "registry": true, "type": true, "reference": true,
	"sdist": true, "wheels": true, "files": true, "file": true, "url": true, "hash": true, "hashes": true,
	"sha256": true, "sha384": true, "sha512": true,
	"git": true, "path": true, "vcs": true, "directory": true, "archive": true,
	"metadata": true, "content-hash": true, "tool": true, "poetry": true,
}

// maxDepth is how deep lists and tables are nested in what is read.
const maxDepth = 12

// parse reads a TOML document.
func parse(data []byte) (*value, error) {
	root := &value{}
	at := root
	var p unstable.Parser
	p.Reset(data)
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			at = root.enter(e.Key(), e.Kind == unstable.ArrayTable)
		case unstable.KeyValue:
			at.put(e, 0)
		}
	}
	return root, p.Error()
}

// enter returns the table that a header opens, or one that nothing leads to.
func (v *value) enter(keys unstable.Iterator, array bool) *value {
	at := v
	for keys.Next() {
		key := string(keys.Node().Data)
		if !kept[key] {
			return &value{}
		}
		next := at.child(key)
		switch {
		case array && keys.IsLast():
			next.list = append(next.list, &value{})
			fallthrough
		case len(next.list) > 0:
			next = next.list[len(next.list)-1]
		}
		at = next
	}
	return at
}

// child returns the value of a key, making it.
func (v *value) child(key string) *value {
	if v.table == nil {
		v.table = map[string]*value{}
	}
	if v.table[key] == nil {
		v.table[key] = &value{}
	}
	return v.table[key]
}

// put takes a key, dotted or not, and its value.
func (v *value) put(e *unstable.Node, depth int) {
	at := v
	for keys := e.Key(); keys.Next(); {
		key := string(keys.Node().Data)
		if !kept[key] {
			return
		}
		at = at.child(key)
	}
	at.fill(e.Value(), depth+1)
}

func (v *value) fill(n *unstable.Node, depth int) {
	if depth > maxDepth {
		return
	}
	switch n.Kind {
	case unstable.String:
		v.text, v.start, v.end = string(n.Data), int(n.Raw.Offset), int(n.Raw.Offset+n.Raw.Length)
	case unstable.Array:
		for items := n.Children(); items.Next(); {
			one := &value{}
			one.fill(items.Node(), depth+1)
			v.list = append(v.list, one)
		}
	case unstable.InlineTable:
		for pairs := n.Children(); pairs.Next(); {
			v.put(pairs.Node(), depth+1)
		}
	}
}

// get follows keys; what is not there is empty.
func (v *value) get(keys ...string) *value {
	at := v
	for _, key := range keys {
		next := at.table[key]
		if next == nil {
			return &value{}
		}
		at = next
	}
	return at
}

func (v *value) isText() bool { return v.end > 0 }

// Edit puts another text in the place of one.
type Edit struct {
	start, end int
	text       string
}

// errEdit says that a text could not be changed in place.
var errEdit = errors.New("the place of an address in the text was not found")

// Apply makes edits, which do not overlap. A text keeps the quotes it has.
func Apply(data []byte, edits []Edit) ([]byte, error) {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b Edit) int { return a.start - b.start })
	var out bytes.Buffer
	done := 0
	for _, e := range edits {
		if e.start < done || e.end > len(data) || e.end-e.start < 2 || !isPlain(e.text) {
			return nil, errEdit
		}
		quote := data[e.start]
		if quote != data[e.end-1] || quote != '"' && quote != '\'' {
			return nil, fmt.Errorf("%w: %.100q", errEdit, data[e.start:e.end])
		}
		out.Write(data[done:e.start])
		out.WriteByte(quote)
		out.WriteString(e.text)
		out.WriteByte(quote)
		done = e.end
	}
	out.Write(data[done:])
	return out.Bytes(), nil
}

// isPlain reports whether a text means itself between quotes of either kind.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\'' || c == '\\' {
			return false
		}
	}
	return true
}
