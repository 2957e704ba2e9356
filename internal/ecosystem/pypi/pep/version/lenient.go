package version

import "regexp"

// repairs are faults that published metadata has, with what was meant.
var repairs = []struct {
	fault *regexp.Regexp
	meant string
}{
	{regexp.MustCompile(`["']`), ``},                                               // '>=3.6'
	{regexp.MustCompile(`(<=|>=|<|>)(\s*[0-9]+(?:\.[0-9]+)*)\.\*\.?`), `${1}${2}`}, // >=3.6.*
	{regexp.MustCompile(`!=\s*~([0-9]+(?:\.[0-9]+)*)`), `!=${1}.*`},                // !=~3.0
	{regexp.MustCompile(`([0-9]\.[0-9]+)\*`), `${1}.*`},                            // ==3.1*
	{regexp.MustCompile(`([0-9*])\s*([<>=~!])`), `${1},${2}`},                      // >=3.6 <4
	{regexp.MustCompile(`(?i)(>=?)\s*dev\b`), `${1}0.dev0`},                        // >dev: any
}

// ParseLenient reads specifiers as ParseSpecifiers does, and repairs well-known
// faults of published metadata first where that refuses them: a missing comma,
// ".*" after an ordering operator, quotes, a missing dot before "*", and ">dev", with
// which releases from before PEP 440 meant any version. The error is that of the
// text as it is.
func ParseLenient(text string) (Set, error) {
	set, err := ParseSpecifiers(text)
	if err == nil || len(text) > MaxSet {
		return set, err
	}
	repaired := text
	for _, r := range repairs {
		repaired = r.fault.ReplaceAllString(repaired, r.meant)
	}
	if set, retry := ParseSpecifiers(repaired); retry == nil {
		return set, nil
	}
	return Set{}, err
}
