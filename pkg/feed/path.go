package feed

import (
	"fmt"
	"strings"
)

const (
	maxSegment = 255
	maxPath    = 2000
)

// CheckPath reports whether path can name an artifact or a document of a feed on
// every disk: relative, slash-separated, at most 255 bytes a segment, without
// "." and ".." segments, control characters, the characters that Windows
// forbids (\ : * ? " < > |), segments that end in a dot or a space, and the
// names of Windows devices.
func CheckPath(path string) error {
	if err := checkPath(path); err != nil {
		return fmt.Errorf("path %q in the feed: %w", clip(path), err)
	}
	return nil
}

func checkPath(path string) error {
	if err := checkText(path); err != nil {
		return err
	}
	if i := strings.IndexAny(path, `\:*?"<>|`); i >= 0 {
		return fmt.Errorf("holds %q, which Windows forbids in file names", path[i])
	}
	if len(path) > maxPath {
		return fmt.Errorf("longer than %d bytes", maxPath)
	}
	for segment := range strings.SplitSeq(path, "/") {
		if err := checkSegment(segment); err != nil {
			return err
		}
	}
	return nil
}

func checkSegment(segment string) error {
	if len(segment) > maxSegment {
		return fmt.Errorf("longer than %d bytes between slashes", maxSegment)
	}
	if last := segment[len(segment)-1]; last == '.' || last == ' ' {
		return fmt.Errorf("segment %q ends in a dot or a space, which Windows drops", segment)
	}
	stem, _, _ := strings.Cut(strings.ToLower(segment), ".")
	if isDevice(strings.TrimRight(stem, " ")) {
		return fmt.Errorf("segment %q is the name of a Windows device", segment)
	}
	return nil
}
