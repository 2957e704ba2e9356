package version

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// versionText draws a version in one of the spellings that PEP 440 allows, from
// few numbers, so that versions meet.
func versionText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := epochText(t) + releaseText(t)
		if rapid.IntRange(0, 2).Draw(t, "pre") == 0 {
			text += label(t, "a", "b", "rc", "c", "alpha", "beta", "pre", "preview")
		}
		if rapid.IntRange(0, 2).Draw(t, "post") == 0 {
			text += label(t, "post", "rev", "r")
		}
		if rapid.IntRange(0, 3).Draw(t, "dev") == 0 {
			text += label(t, "dev")
		}
		return text
	})
}

// localText draws a version that can have a local part.
func localText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		text := versionText().Draw(t, "public")
		return text + rapid.SampledFrom([]string{"", "", "", "+a", "+1", "+a.1", "+A-01", "+10", "+ab", "+1.a"}).Draw(t, "local")
	})
}

func epochText(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "", "", "", "0!", "1!", "v"}).Draw(t, "epoch")
}

func releaseText(t *rapid.T) string {
	numbers := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "0", "1", "1", "2", "3", "10", "01", "99", "100", "20240101"}), 1, 4).Draw(t, "release")
	return strings.Join(numbers, ".")
}

func label(t *rapid.T, names ...string) string {
	separators := rapid.SampledFrom([]string{"", "", ".", "-", "_"})
	number := rapid.SampledFrom([]string{"", "0", "1", "2", "10"}).Draw(t, "number")
	return separators.Draw(t, "before") + rapid.SampledFrom(names).Draw(t, "label") + separators.Draw(t, "after") + number
}

// clauseText draws one clause, which can be one that PEP 440 refuses.
func clauseText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 9).Draw(t, "form") {
		case 0, 1:
			operator := rapid.SampledFrom([]string{"==", "!="}).Draw(t, "operator")
			return operator + epochText(t) + releaseText(t) + ".*"
		case 2:
			operator := rapid.SampledFrom([]string{"==", "!=", "===", "<=", "~="}).Draw(t, "operator")
			return operator + localText().Draw(t, "version")
		}
		operator := rapid.SampledFrom([]string{"==", "!=", "<=", ">=", "<", ">", "~=", "~=", "<", ">"}).Draw(t, "operator")
		return fmt.Sprintf("%s%s", operator, versionText().Draw(t, "version"))
	})
}
