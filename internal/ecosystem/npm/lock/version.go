package lock

import (
	"deps.dev/util/semver"

	"github.com/feedctl/feedctl/pkg/feed"
)

// highest returns which of some nodes has the highest version that a range
// accepts, or -1.
func highest(nodes []feed.Node, ids []int, text string) int {
	if text == "" {
		text = "*"
	}
	constraint, err := semver.NPM.ParseConstraint(text)
	if err != nil {
		return -1
	}
	found := -1
	for _, at := range ids {
		if !constraint.Match(nodes[at].Version) {
			continue
		}
		if found < 0 || semver.NPM.Compare(nodes[at].Version, nodes[found].Version) > 0 {
			found = at
		}
	}
	return found
}
