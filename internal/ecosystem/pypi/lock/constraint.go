package lock

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
)

// constraint is a version constraint in poetry's grammar: alternatives of clauses
// that must all hold. No alternative and no clause allow every version.
type constraint [][]clause

// clause is an operator of PEP 440 and what follows it, which may end in ".*".
type clause struct{ operator, text string }

func (c clause) String() string { return c.operator + c.text }

// maxClauses limits what one constraint may hold.
const maxClauses = 200

// parseConstraint reads "^1.2", "~1.2", "1.2.*", ">=1,<2", ">=1 <2", "1 || 2", "*",
// and every specifier of PEP 440. A version alone is exact.
func parseConstraint(text string) (constraint, error) {
	var c constraint
	count := 0
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == '|' }) {
		var clauses []clause
		rest := strings.TrimLeft(one, " ,")
		for rest != "" {
			var more []clause
			var err error
			if more, rest, err = nextClause(rest); err != nil {
				return nil, fmt.Errorf("version constraint %q: %w", clip(text), err)
			}
			clauses = append(clauses, more...)
			if count++; count > maxClauses {
				return nil, fmt.Errorf("version constraint %q: more than %d clauses", clip(text), maxClauses)
			}
		}
		c = append(c, clauses)
	}
	return c, nil
}

// nextClause reads one clause off the beginning of a text.
func nextClause(text string) (clauses []clause, rest string, err error) {
	operator := text[:len(text)-len(strings.TrimLeft(text, "^~=<>!"))]
	text = strings.TrimLeft(text[len(operator):], " ")
	end := strings.IndexAny(text, " ,^<>=~")
	if end < 0 {
		end = len(text)
	} else if end > 0 && text[end] == '=' && text[end-1] == '!' { // "!" alone ends an epoch
		end--
	}
	word, rest := text[:end], strings.TrimLeft(text[end:], " ,")
	if word == "*" && (operator == "" || operator == "==" || operator == "=") {
		return nil, rest, nil
	}
	clauses, err = expandClause(operator, word)
	return clauses, rest, err
}

func expandClause(operator, word string) ([]clause, error) {
	base := strings.TrimSuffix(strings.TrimSuffix(word, ".*"), ".x")
	v, err := version.Parse(base)
	if err != nil {
		return nil, err
	}
	if base != word && operator == "" {
		operator, word = "==", base+".*"
	}
	switch operator {
	case "==":
	case "", "=":
		return []clause{{"==", v.String()}}, nil
	case "^":
		return between(v, caretPlace(v)), nil
	case "~":
		return between(v, min(1, len(v.Release())-1)), nil
	case "===", "!=", "~=", "<", "<=", ">", ">=":
	default:
		return nil, fmt.Errorf("%q is no operator", clip(operator))
	}
	if base != word {
		word = base + ".*"
		if operator == ">=" || operator == "<" { // ">=2.*" is found in old files
			word = base
		}
	}
	set, err := version.ParseSpecifiers(operator + word)
	return []clause{{operator, strings.TrimPrefix(set.String(), operator)}}, err
}

// caretPlace returns the place of the first number that is not zero, or of the
// last one: the one that "^" does not let change.
func caretPlace(v version.Version) int {
	for i, number := range v.Release() {
		if number != "0" {
			return i
		}
	}
	return len(v.Release()) - 1
}

// between allows the versions from v on in which the numbers up to a place are the
// same.
func between(v version.Version, place int) []clause {
	release := v.Release()
	upper := append([]string{}, release[:place+1]...)
	upper[place] = successor(upper[place])
	if len(upper) == 1 {
		upper = append(upper, "0")
	}
	text := strings.Join(upper, ".")
	if epoch := v.Epoch(); epoch != "" && epoch != "0" {
		text = epoch + "!" + text
	}
	return []clause{{">=", v.Public().String()}, {"<", text}}
}

// successor adds one to a decimal number.
func successor(digits string) string {
	if n, err := strconv.ParseUint(digits, 10, 63); err == nil {
		return strconv.FormatUint(n+1, 10)
	}
	return digits + "0" // longer than any real number; larger all the same
}

// specifiers returns the constraint as specifiers of PEP 440. These cannot say
// "or": of several alternatives the span from the lowest to the highest is taken,
// and wide is true.
func (c constraint) specifiers() (text string, wide bool) {
	if len(c) == 0 {
		return "", false
	}
	if len(c) == 1 {
		return joinClauses(c[0]), false
	}
	var low, high clause
	lowOpen, highOpen := false, false
	for _, clauses := range c {
		from, to := span(clauses)
		lowOpen, highOpen = lowOpen || from.text == "", highOpen || to.text == ""
		if low.text == "" || from.compare(low) < 0 {
			low = from
		}
		if to.compare(high) > 0 || to.compare(high) == 0 && to.operator == "<=" {
			high = to
		}
	}
	var both []clause
	if !lowOpen {
		both = append(both, low)
	}
	if !highOpen {
		both = append(both, high)
	}
	return joinClauses(both), true
}

// compare orders two bounds by their versions.
func (c clause) compare(other clause) int {
	return version.Compare(parseVersion(c.text), parseVersion(other.text))
}

func joinClauses(clauses []clause) string {
	texts := make([]string, len(clauses))
	for i, one := range clauses {
		texts[i] = one.String()
	}
	return strings.Join(texts, ",")
}

// span returns the lowest and the highest bound that clauses set; one that is not
// there is the zero clause.
func span(clauses []clause) (low, high clause) {
	for _, one := range clauses {
		base := strings.TrimSuffix(one.text, ".*")
		v := parseVersion(base)
		if v.IsZero() || one.operator == "!=" {
			continue
		}
		if strings.HasPrefix(one.operator, ">") || strings.Contains(one.operator, "==") || one.operator == "~=" {
			low = clause{">=", v.Public().String()}
		}
		switch {
		case base != one.text:
			high = between(v, len(v.Release())-1)[1]
		case one.operator == "~=":
			high = between(v, max(0, len(v.Release())-2))[1]
		case strings.Contains(one.operator, "=="):
			high = clause{"<=", v.Public().String()}
		case strings.HasPrefix(one.operator, "<"):
			high = one
		}
	}
	return low, high
}

// pythonMarker returns a constraint on Python as a marker.
func (c constraint) pythonMarker() string {
	var alternatives []string
	for _, clauses := range c {
		var all []string
		for _, one := range clauses {
			all = append(all, "python_full_version "+one.operator+` "`+one.text+`"`)
		}
		if len(all) == 0 {
			return ""
		}
		alternatives = append(alternatives, strings.Join(all, " and "))
	}
	if len(alternatives) == 0 {
		return ""
	}
	return strings.Join(alternatives, " or ")
}
