package marker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// comparison compares a field with a text that the marker names.
type comparison struct {
	field    field
	operator string // "==", "in", "not in", …
	literal  string
	reversed bool         // the text stands on the left
	versions *version.Set // what operator and literal allow, where they are compared as versions
}

// newComparison prepares a comparison, and refuses those that have no meaning.
func newComparison(f field, operator, literal string, reversed bool) (comparison, error) {
	c := comparison{field: f, operator: operator, literal: literal, reversed: reversed}
	membership := operator == "in" || operator == "not in"
	switch {
	case f.isSet() && (!membership || !reversed):
		return c, fmt.Errorf("%s is a set: write \"name\" in %s", f, f)
	case f == fieldExtra || f.isSet():
		c.literal = wheel.NormalizeName(literal)
	case f.isVersion() && operator == "===":
		return c, nil
	case f.isVersion() && !membership && !reversed:
		if set, err := version.ParseSpecifiers(operator + literal); err == nil && !strings.Contains(literal, ",") {
			c.versions = &set
			return c, nil
		}
	}
	if operator == "===" || operator == "~=" && !(f.isVersion() && reversed) {
		return c, fmt.Errorf("%s %s %q compares versions, and one of the two is none", f, operator, literal)
	}
	return c, nil
}

func (c *comparison) String() string {
	quoted := `"` + c.literal + `"`
	if strings.Contains(c.literal, `"`) {
		quoted = "'" + c.literal + "'"
	}
	if c.reversed {
		return quoted + " " + c.operator + " " + c.field.String()
	}
	return c.field.String() + " " + c.operator + " " + quoted
}

func (c *comparison) eval(s *scene) bool {
	switch c.field {
	case fieldExtra:
		return c.evalExtra(s.extras)
	case fieldExtras:
		return slices.Contains(s.extras, c.literal) == (c.operator == "in")
	case fieldDependencyGroups:
		return slices.Contains(s.groups, c.literal) == (c.operator == "in")
	}
	value := s.environment.value(c.field)
	if c.operator == "===" {
		return strings.EqualFold(value, c.literal)
	}
	if c.versions != nil {
		v := s.environment.version(c.field)
		return !v.IsZero() && c.versions.Contains(v, true)
	}
	if !c.reversed {
		return compareTexts(value, c.operator, c.literal)
	}
	if c.field.isVersion() {
		if result, ok := containsLiteral(c.operator, value, c.literal); ok {
			return result
		}
	}
	return compareTexts(c.literal, c.operator, value)
}

// containsLiteral evaluates "3.8" <= python_version: the value of the field is on
// the right, and so is the one with the operator.
func containsLiteral(operator, value, literal string) (result, ok bool) {
	set, err := version.ParseSpecifiers(operator + value)
	if err != nil || strings.Contains(value, ",") {
		return false, false
	}
	v, err := version.Parse(literal)
	return err == nil && set.Contains(v, true), true
}

// compareTexts compares what is no version. Texts have no order: "less" and "more"
// are false.
func compareTexts(left, operator, right string) bool {
	switch operator {
	case "==", "<=", ">=":
		return left == right
	case "!=":
		return left != right
	case "in":
		return strings.Contains(right, left)
	case "not in":
		return !strings.Contains(right, left)
	}
	return false
}

// evalExtra compares the extras that were asked for. Equality means that the extra
// is among them; for the rest one that fits is enough, and no extra counts as "".
func (c *comparison) evalExtra(extras []string) bool {
	switch c.operator {
	case "==":
		return slices.Contains(extras, c.literal) || c.literal == "" && len(extras) == 0
	case "!=":
		return !slices.Contains(extras, c.literal) && (c.literal != "" || len(extras) > 0)
	}
	if len(extras) == 0 {
		extras = []string{""}
	}
	return slices.ContainsFunc(extras, func(extra string) bool {
		if c.reversed {
			return compareTexts(c.literal, c.operator, extra)
		}
		return compareTexts(extra, c.operator, c.literal)
	})
}
