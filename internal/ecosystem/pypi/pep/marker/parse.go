package marker

import (
	"fmt"
	"strings"
)

const (
	maxMarker = 64 << 10 // bytes of a marker
	maxDepth  = 100      // parentheses within parentheses
)

// Parse reads a marker. A field that PEP 508 and PEP 751 do not know, and a
// comparison without meaning, are errors that name it.
func Parse(text string) (Marker, error) {
	if len(text) > maxMarker {
		return Marker{}, fmt.Errorf("marker: longer than %d bytes", maxMarker)
	}
	s := &scanner{text: text}
	root, err := s.disjunction(0)
	if err == nil && !s.atEnd() {
		err = s.unexpected(`"and", "or" or the end`)
	}
	if err != nil {
		return Marker{}, fmt.Errorf("marker %s: %w", shorten(text), err)
	}
	return Marker{root}, nil
}

func (s *scanner) disjunction(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d parentheses within each other", maxDepth)
	}
	return s.chain("or", disjunction, func() (*node, error) {
		return s.chain("and", conjunction, func() (*node, error) { return s.atom(depth) })
	})
}

// chain reads parts that a word joins.
func (s *scanner) chain(word string, kind nodeKind, part func() (*node, error)) (*node, error) {
	var parts []*node
	for {
		n, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
		if !s.word(word) {
			break
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return join(kind, parts), nil
}

func (s *scanner) atom(depth int) (*node, error) {
	if !s.symbol("(") {
		c, err := s.comparison()
		return &node{comparison: c}, err
	}
	n, err := s.disjunction(depth + 1)
	if err != nil {
		return nil, err
	}
	if !s.symbol(")") {
		return nil, s.unexpected(`")"`)
	}
	return n, nil
}

func (s *scanner) comparison() (comparison, error) {
	left, err := s.operand()
	if err != nil {
		return comparison{}, err
	}
	operator, err := s.operator()
	if err != nil {
		return comparison{}, err
	}
	right, err := s.operand()
	switch {
	case err != nil:
		return comparison{}, err
	case left.isField == right.isField:
		return comparison{}, fmt.Errorf("%s %s %s: want a field on one side and a quoted text on the other", left, operator, right)
	case left.isField:
		return newComparison(left.field, operator, right.text, false)
	}
	return newComparison(right.field, operator, left.text, true)
}

// operand is a side of a comparison.
type operand struct {
	isField bool
	field   field
	text    string
}

func (o operand) String() string {
	if o.isField {
		return o.field.String()
	}
	return shorten(o.text)
}

func (s *scanner) operand() (operand, error) {
	s.blanks()
	if s.at < len(s.text) && (s.text[s.at] == '"' || s.text[s.at] == '\'') {
		quote := s.text[s.at : s.at+1]
		text, rest, closed := strings.Cut(s.text[s.at+1:], quote)
		if !closed {
			return operand{}, s.unexpected("a closing " + quote)
		}
		s.at = len(s.text) - len(rest)
		return operand{text: text}, nil
	}
	name := s.name()
	if name == "" {
		return operand{}, s.unexpected("a field or a quoted text")
	}
	f, ok := lookupField(name)
	if !ok {
		return operand{}, fmt.Errorf("unknown field %s", shorten(name))
	}
	return operand{isField: true, field: f}, nil
}

func (s *scanner) operator() (string, error) {
	for _, operator := range []string{"===", "==", "~=", "!=", "<=", ">=", "<", ">"} {
		if s.symbol(operator) {
			return operator, nil
		}
	}
	if s.word("in") {
		return "in", nil
	}
	if s.word("not") && s.word("in") {
		return "not in", nil
	}
	return "", s.unexpected("an operator such as ==, >= or in")
}
