package golang

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/feedctl/feedctl/pkg/feed"
)

// maxList is the largest list of versions that is read, in bytes.
const maxList = 16 << 20

// Versions returns the tagged versions of a module and, when it has none, the
// one that the proxy calls the latest. They come without metadata.
func (s *source) Versions(ctx context.Context, name string) ([]feed.Version, error) {
	dir, err := versionsFolder(name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, feed.ErrNotFound)
	}
	data, err := s.get(ctx, dir+"list", maxList, false, checkList)
	if err != nil {
		return nil, err
	}
	var versions []feed.Version
	for _, version := range parseList(name, data) {
		versions = append(versions, feed.Version{Version: version})
	}
	if len(versions) > 0 {
		return versions, nil
	}
	latest, _, err := s.info(ctx, name, strings.TrimSuffix(dir, "@v/")+"@latest")
	if err != nil {
		return nil, err
	}
	return []feed.Version{{Version: latest.Version, Published: latest.Time}}, nil
}

// checkList refuses what is no list of versions, and one that ends within a
// version.
func checkList(data []byte) error {
	if bytes.ContainsAny(data, "<>\x00") {
		return errors.New("this is no list of versions")
	}
	last := data[bytes.LastIndexByte(data, '\n')+1:]
	words := strings.Fields(string(last))
	if len(words) > 0 && semver.Canonical(words[0])+semver.Build(words[0]) != words[0] {
		return fmt.Errorf("this list of versions is cut: it ends with %.100q", words[0])
	}
	return nil
}

// parseList reads a list as the go command does: the first word of a line, when
// it is a version that somebody tagged.
func parseList(name string, data []byte) []string {
	var versions []string
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) > 0 && isCanonical(name, words[0]) && !module.IsPseudoVersion(words[0]) {
			versions = append(versions, words[0])
		}
	}
	slices.SortFunc(versions, Compare)
	return slices.Compact(versions)
}

// info is an .info document.
type info struct {
	Version string
	Time    time.Time `json:",omitzero"`
}

// info gets an .info document, or @latest, and returns it with its bytes.
func (s *source) info(ctx context.Context, name, file string) (info, []byte, error) {
	data, err := s.get(ctx, file, maxInfo, false, func(data []byte) error {
		_, err := parseInfo(name, data)
		return err
	})
	if err != nil {
		return info{}, nil, err
	}
	found, err := parseInfo(name, data)
	return found, data, err
}

func parseInfo(name string, data []byte) (info, error) {
	var found info
	if err := json.Unmarshal(data, &found); err != nil {
		return info{}, fmt.Errorf("no .info document: %w", err)
	}
	if err := checkKey(name, found.Version); err != nil {
		return info{}, fmt.Errorf("the .info document has no version of this module: %w", err)
	}
	return found, nil
}
