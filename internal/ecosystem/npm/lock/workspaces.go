package lock

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Limits on looking for workspace members.
const (
	maxFolders  = 100_000
	maxPatterns = 1_000
)

// expandWorkspaces returns the folders that patterns of a workspace name and
// that hold a package.json, sorted. A pattern with "!" in front takes folders out.
func expandWorkspaces(fsys fs.FS, patterns []string) ([]string, error) {
	var wanted, unwanted []string
	for _, pattern := range patterns {
		pattern, not := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		for _, one := range expandBraces(pattern) {
			one = path.Clean(strings.TrimSuffix(strings.ReplaceAll(one, `\`, "/"), "/"))
			if path.IsAbs(one) || one == ".." || strings.HasPrefix(one, "../") {
				return nil, fmt.Errorf("the workspace pattern %q leaves the project's folder, which is all that is read", clip(pattern))
			}
			if not {
				unwanted = append(unwanted, one)
			} else if one != "." {
				wanted = append(wanted, one)
			}
		}
		if len(wanted)+len(unwanted) > maxPatterns {
			return nil, fmt.Errorf("there are more than %d workspace patterns", maxPatterns)
		}
	}
	found := map[string]bool{}
	for _, pattern := range wanted {
		if err := findMembers(fsys, pattern, found); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(found, func(folder string, _ bool) bool {
		return slices.ContainsFunc(unwanted, func(pattern string) bool { return matchPath(pattern, folder) })
	})
	return slices.Sorted(maps.Keys(found)), nil
}

// findMembers adds the folders that one pattern names.
func findMembers(fsys fs.FS, pattern string, found map[string]bool) error {
	start, depth := staticPrefix(pattern), strings.Count(pattern, "/")
	if strings.Contains(pattern, "**") {
		depth = 32
	}
	seen := 0
	return fs.WalkDir(fsys, start, func(folder string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !entry.IsDir():
			return nil
		case err != nil:
			return fmt.Errorf("look for workspace members: %w", err)
		}
		if seen++; seen > maxFolders {
			return fmt.Errorf("the workspace pattern %q leads through more than %d folders", clip(pattern), maxFolders)
		}
		base := path.Base(folder)
		if folder != start && (base == "node_modules" || strings.HasPrefix(base, ".")) {
			return fs.SkipDir
		}
		if folder != "." && matchPath(pattern, folder) && isFile(fsys, folder+"/package.json") {
			found[folder] = true
		}
		if folder != "." && strings.Count(folder, "/") >= depth {
			return fs.SkipDir
		}
		return nil
	})
}

func isFile(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.Mode().IsRegular()
}

// staticPrefix returns the folder under which every match of a pattern lies.
func staticPrefix(pattern string) string {
	var plain []string
	for word := range strings.SplitSeq(pattern, "/") {
		if strings.ContainsAny(word, `*?[\`) {
			break
		}
		plain = append(plain, word)
	}
	if len(plain) == 0 {
		return "."
	}
	return strings.Join(plain, "/")
}

// matchPath reports whether a path matches a pattern of path.Match segments, in
// which "**" stands for any number of them.
func matchPath(pattern, name string) bool {
	return matchWords(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

// matchWords tries each pattern word against the set of places that the words
// before it may end at.
func matchWords(pattern, words []string) bool {
	at := make([]bool, len(words)+1)
	at[0] = true
	for _, p := range pattern {
		next := make([]bool, len(words)+1)
		for i, here := range at {
			switch {
			case !here:
			case p == "**":
				for j := i; j <= len(words); j++ {
					next[j] = true
				}
			case i < len(words):
				if ok, err := path.Match(p, words[i]); ok && err == nil {
					next[i+1] = true
				}
			}
		}
		at = next
	}
	return at[len(words)]
}

// expandBraces writes out "{a,b}" alternatives, the first ones first. It stops
// when there are more than maxPatterns.
func expandBraces(pattern string) []string {
	todo, done := []string{pattern}, []string(nil)
	for len(todo) > 0 && len(todo)+len(done) <= maxPatterns {
		one := todo[0]
		todo = todo[1:]
		start := strings.IndexByte(one, '{')
		end := strings.IndexByte(one[max(start, 0):], '}') + max(start, 0)
		if start < 0 || end <= start {
			done = append(done, one)
			continue
		}
		for option := range strings.SplitSeq(one[start+1:end], ",") {
			todo = append(todo, one[:start]+option+one[end+1:])
		}
	}
	return append(done, todo...)
}
