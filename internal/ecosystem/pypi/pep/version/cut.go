package version

// cut is a place between two versions of the total order. A version is above it
// if its key is not less. Two cuts with no possible version between them have the
// same key: that makes equality and emptiness of ranges exact.
type cut struct {
	key  string
	text string // the version that the cut is named after
	kind cutKind
}

type cutKind uint8

const (
	before      cutKind = iota // below the version
	afterExact                 // above it, and below every longer local version
	afterLocals                // above it and its local versions
	afterPosts                 // above it, its post-releases and all their local versions
	bottom                     // below everything
	ceiling                    // above everything
)

var (
	lowest  = cut{kind: bottom}
	highest = cut{key: top, kind: ceiling}
	// first is the key of the lowest version that can be written, 0.dev0.
	first = parts{epoch: "0", devN: "0"}.version().key
)

// below returns the cut right below a version.
func below(v Version) cut {
	if v.key == first {
		return lowest
	}
	return cut{key: v.key, text: v.text, kind: before}
}

// aboveExact returns the cut right above one version.
func aboveExact(v Version) cut {
	return cut{key: v.key + "\x00", text: v.text, kind: afterExact}
}

// aboveLocals returns the cut above a public version, which text and p are, and all
// its local versions.
// It is the same place as below the next development release: of the same number
// plus one, or of the next post-release.
func aboveLocals(text string, p parts) cut {
	switch {
	case p.devN != "":
		p.devN = increment(p.devN)
	case p.postN != "":
		p.postN, p.devN = increment(p.postN), "0"
	default:
		p.postN, p.devN = "0", "0"
	}
	return cut{key: p.key(), text: text, kind: afterLocals}
}

// abovePosts returns the cut above a version that is neither a post- nor a
// development release, and above all post-releases of it.
func abovePosts(text string, p parts) cut {
	if p.pre != "" {
		p.preN, p.devN = increment(p.preN), "0"
		return cut{key: p.key(), text: text, kind: afterPosts}
	}
	return cut{key: string(append(p.appendPreKey(nil), postAbove)), text: text, kind: afterPosts}
}
