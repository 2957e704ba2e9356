package version

import "strings"

// String returns the set as specifiers for people, intervals joined by " || ":
// "*" for everything, "<none>" for nothing, "==1.0", ">=1.0,<2", "!=1.5,!=2.*".
// It does not tell everything: ">1.0" is also used for an interval that begins
// right above 1.0 with its post-releases, and "==1.0" for the version without its
// local ones.
func (r Ranges) String() string {
	switch {
	case r.IsEmpty():
		return "<none>"
	case r.IsAll():
		return "*"
	}
	var pieces []string
	for i := 0; i < len(r.cuts); {
		end, holes := r.withHoles(i)
		pieces = append(pieces, strings.Join(append(interval(r.cuts[i], r.cuts[end]), holes...), ","))
		i = end + 1
	}
	return strings.Join(pieces, " || ")
}

// withHoles returns the upper cut of the interval that begins at a cut, after
// passing over those gaps that a "!=" describes, and these.
func (r Ranges) withHoles(low int) (high int, holes []string) {
	high = low + 1
	for high+1 < len(r.cuts) {
		hole := single(r.cuts[high], r.cuts[high+1])
		if hole == "" {
			break
		}
		holes = append(holes, "!"+hole)
		high += 2
	}
	return high, holes
}

// single returns an interval that one equality describes without its first "=",
// or "".
func single(low, high cut) string {
	switch {
	case low.kind != before:
		return ""
	case low.text == high.text && (high.kind == afterLocals || high.kind == afterExact):
		return "=" + low.text
	case high.kind == before && isPrefix(low.text, high.text):
		return "=" + strings.TrimSuffix(low.text, ".dev0") + ".*"
	}
	return ""
}

// isPrefix reports whether two versions bound a prefix: 1.2.dev0 and 1.3.dev0.
func isPrefix(low, high string) bool {
	p, err := parse(low)
	if err != nil || p.devN != "0" || p.pre != "" || p.postN != "" {
		return false
	}
	return nextPrefix(p, len(p.release)).text == high
}

func interval(low, high cut) []string {
	if text := single(low, high); text != "" {
		return []string{"=" + text}
	}
	var bounds []string
	switch low.kind {
	case bottom:
	case before:
		bounds = append(bounds, ">="+low.text)
	default:
		bounds = append(bounds, ">"+low.text)
	}
	switch high.kind {
	case ceiling:
	case before:
		bounds = append(bounds, "<"+shortUpper(high.text))
	default:
		bounds = append(bounds, "<="+high.text)
	}
	return bounds
}

// shortUpper writes the bound 2.dev0 as 2: "<2" leaves out its pre-releases.
func shortUpper(text string) string {
	if p, err := parse(text); err == nil && p.devN == "0" && p.pre == "" {
		p.devN = ""
		return p.version().text
	}
	return text
}
