package version

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Specifier is one clause of a set of specifiers.
type Specifier struct {
	Operator string  // "==", "!=", "<=", ">=", "<", ">", "~=" or "==="
	Version  Version // zero after "===" where the text is no version
	Prefix   bool    // "==1.2.*" or "!=1.2.*"; Version is 1.2
	text     string  // what "===" compares with, in lower case
	ranges   Ranges
}

// operators holds each before those it begins with.
var operators = []string{"===", "==", "!=", "<=", ">=", "~=", "<", ">"}

// String returns the clause with its version in normal form.
func (s Specifier) String() string {
	switch {
	case s.Operator == "===":
		return s.Operator + s.text
	case s.Prefix:
		return s.Operator + s.Version.text + ".*"
	}
	return s.Operator + s.Version.text
}

func parseSpecifier(text string) (Specifier, error) {
	clause := strings.TrimSpace(text)
	for _, operator := range operators {
		if rest, ok := strings.CutPrefix(clause, operator); ok {
			return newSpecifier(operator, strings.TrimSpace(rest))
		}
	}
	return Specifier{}, fmt.Errorf("specifier %s: no operator; write it as ==1.0 or >=1.0 (PEP 440)", quote(clause))
}

func newSpecifier(operator, text string) (Specifier, error) {
	s := Specifier{Operator: operator}
	if operator == "===" {
		return s.arbitrary(text)
	}
	stem, prefix := strings.CutSuffix(text, ".*")
	p, err := parse(stem)
	if err != nil {
		return s, fmt.Errorf("specifier %s%s: %w", operator, quote(text), err)
	}
	if why := refuse(operator, p, prefix); why != "" {
		return s, fmt.Errorf("specifier %s%s: %s (PEP 440)", operator, quote(text), why)
	}
	s.Version, s.Prefix = p.version(), prefix
	s.ranges = clauseRanges(operator, p, prefix)
	return s, nil
}

// refuse says what an operator does not allow in its version, or "".
func refuse(operator string, p parts, prefix bool) string {
	equality := operator == "==" || operator == "!="
	switch {
	case prefix && !equality:
		return `".*" is for == and != alone`
	case prefix && (p.pre != "" || p.postN != "" || p.devN != "" || p.local != ""):
		return `".*" follows the numbers of a release alone`
	case p.local != "" && !equality:
		return "a local version is for == and != alone"
	case operator == "~=" && len(p.release) < 2:
		return "~= needs at least two numbers, such as ~=1.0"
	}
	return ""
}

// arbitrary makes the clause of the operator "===": equality of texts. Its range
// is the version of that text, if there is one.
func (s Specifier) arbitrary(text string) (Specifier, error) {
	lower := strings.ToLower(text) // may be longer, and what is no UTF-8 has none
	if text == "" || len(lower) > MaxLength || !utf8.ValidString(text) || strings.ContainsAny(text, " \t\r\n;)") {
		return s, fmt.Errorf("specifier ===%s: want one version without blanks (PEP 440)", quote(text))
	}
	s.text = lower
	if v, err := Parse(text); err == nil {
		s.Version = v
		if v.text == s.text {
			s.ranges = Exactly(v)
		}
	}
	return s, nil
}

// clauseRanges returns the versions that a clause allows, pre-releases included:
//
//	>=V   [V, …)
//	<=V   (…, V and its local versions]
//	>V    (V, its local versions and its post-releases, …); a V that is itself a
//	      post- or development release leaves out its local versions alone
//	<V    (…, V); a V that is no pre-release leaves out its own pre-releases
//	==V   V and its local versions; with a local part that version alone
//	==V.* [V.dev0, W.dev0), where W is V with its last number one higher
//	~=V   [V, W.dev0), where W is V without its last number, and then one higher
//
// and != as the complement of ==.
func clauseRanges(operator string, p parts, prefix bool) Ranges {
	v := p.version()
	switch operator {
	case ">=":
		return between(below(v), highest)
	case "<=":
		return between(lowest, aboveLocals(v.text, p))
	case ">":
		if p.devN != "" || p.postN != "" {
			return between(aboveLocals(v.text, p), highest)
		}
		return between(abovePosts(v.text, p), highest)
	case "<":
		if p.pre == "" && p.devN == "" {
			p.devN = "0"
		}
		return between(lowest, below(p.version()))
	case "~=":
		return between(below(v), below(nextPrefix(p, len(p.release)-1)))
	case "!=":
		return equal(p, prefix).Complement()
	}
	return equal(p, prefix)
}

func equal(p parts, prefix bool) Ranges {
	v := p.version()
	switch {
	case prefix:
		start := parts{epoch: p.epoch, release: p.release, devN: "0"}.version()
		return between(below(start), below(nextPrefix(p, len(p.release))))
	case p.local != "":
		return Exactly(v)
	}
	return between(below(v), aboveLocals(v.text, p))
}

// nextPrefix returns the lowest version above all those whose release begins with
// the first count numbers of p.
func nextPrefix(p parts, count int) Version {
	release := append([]string(nil), p.release[:count]...)
	release[count-1] = increment(release[count-1])
	return parts{epoch: p.epoch, release: release, devN: "0"}.version()
}
