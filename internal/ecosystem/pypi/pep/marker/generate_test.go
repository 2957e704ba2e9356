package marker

import (
	"strings"

	"pgregory.net/rapid"
)

var literals = map[string][]string{
	"os_name":                        {"posix", "nt", "java"},
	"sys_platform":                   {"linux", "win32", "darwin", "win", "cygwin"},
	"platform_machine":               {"x86_64", "aarch64", "arm64", "AMD64", "amd64"},
	"platform_python_implementation": {"CPython", "PyPy", "cpython"},
	"platform_release":               {"", "20.0", "23.0.0", "5.10.0-generic"},
	"platform_system":                {"Linux", "Windows", "Darwin"},
	"platform_version":               {"", "#1 SMP"},
	"python_version":                 {"3", "3.8", "3.10", "3.11", "3.13", "4", "2.7", "3.*", "3.11.*", "3.9, 3.10", "3.8 3.11", "abc", "3.11.0rc1"},
	"python_full_version":            {"3.8", "3.11", "3.11.0", "3.11.7", "3.13.0rc1", "3.11.*", "3.10.1"},
	"implementation_name":            {"cpython", "pypy"},
	"implementation_version":         {"3.11.0", "7.3.0", "7.3", "3.13"},
	"extra":                          {"test", "Test", "dev_x", "dev-x", ""},
}

var operatorTexts = []string{"==", "==", "!=", "<", "<=", ">", ">=", ">=", "~=", "===", "in", "not in", "not  in"}

// comparisonText draws one comparison, which can be one without meaning.
func comparisonText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom(fieldNames[:fieldExtra+1]).Draw(t, "field")
		quote := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "quote")
		literal := quote + rapid.SampledFrom(literals[name]).Draw(t, "literal") + quote
		blank := rapid.SampledFrom([]string{" ", "  ", ""}).Draw(t, "blank")
		operator := rapid.SampledFrom(operatorTexts).Draw(t, "operator")
		if strings.Contains(operator, "in") {
			blank = " "
		}
		if rapid.IntRange(0, 3).Draw(t, "reversed") == 0 {
			return literal + blank + operator + blank + name
		}
		return name + blank + operator + blank + literal
	})
}

func markerText(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
			return comparisonText().Draw(t, "comparison")
		}
		parts := rapid.SliceOfN(markerText(depth-1), 2, 3).Draw(t, "parts")
		text := strings.Join(parts, rapid.SampledFrom([]string{" and ", " or "}).Draw(t, "word"))
		if rapid.Bool().Draw(t, "parentheses") {
			return "(" + text + ")"
		}
		return text
	})
}
