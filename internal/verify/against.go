package verify

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/feedctl/feedctl/pkg/feed"
)

// against checks that everything a lock pins is in the feed with these digests.
func (c *check) against(ctx context.Context, request feed.Request) error {
	if request.Lock == nil {
		return fmt.Errorf("%s: not a lock; only a lock says exactly what is needed", request.Input)
	}
	for _, node := range request.Lock.Nodes {
		key := feed.VersionKey{PackageKey: feed.PackageKey{Ecosystem: request.Ecosystem, Name: node.Name}, Version: node.Version}
		finding := Finding{Package: key.String(), Repair: fmt.Sprintf("feedctl mirror %s --to %s", request.Input, c.Place)}
		p, err := c.records.Package(ctx, request.Ecosystem, node.Name)
		if err != nil && !errors.Is(err, feed.ErrNotFound) {
			return err
		}
		release := p.Release(node.Version)
		if release == nil {
			finding.Code, finding.Message = "missing-release", request.Input+" needs it, and the feed does not hold it"
			c.find(finding)
			continue
		}
		c.pins(node, *release, finding, request.Input)
	}
	for _, skipped := range request.Lock.Skipped {
		c.note(fmt.Sprintf("%s: %s (%s) is in no registry: %s", request.Input, skipped.Name, skipped.Spec, skipped.Reason))
	}
	return nil
}

func (c *check) pins(node feed.Node, release feed.Release, finding Finding, input string) {
	if len(release.Files) > 1 && slices.ContainsFunc(node.Pins, func(p feed.Pin) bool { return p.File == "" }) {
		c.anyOf(node, release, finding, input)
		return
	}
	for _, file := range release.Files {
		for _, pin := range node.Pins {
			if pin.File != "" && pin.File != path.Base(file.Path) {
				continue
			}
			finding.Path = file.Path
			if algorithm := pin.Digests.Conflict(file.Digests); algorithm != "" {
				finding.Code = "wrong-bytes"
				finding.Message = fmt.Sprintf("%s pins %s:%s; the feed holds %s", input, algorithm, pin.Digests[algorithm], file.Digests[algorithm])
				finding.Repair = "find out which bytes are right: the lock and the feed disagree"
				c.find(finding)
			} else if file.Absent {
				c.note(fmt.Sprintf("%s: %s is left out of the feed: it is another platform's", input, file.Path))
			}
		}
	}
}

// anyOf checks a release of several files whose pins name none: each pin is of
// some file, and the feed has to hold one that a pin is of.
func (c *check) anyOf(node feed.Node, release feed.Release, finding Finding, input string) {
	held := false
	for _, file := range release.Files {
		held = held || !file.Absent
		for _, pin := range node.Pins {
			algorithm := pin.Digests.Strongest()
			if !file.Absent && algorithm != "" && file.Digests[algorithm] == pin.Digests[algorithm] {
				return
			}
		}
	}
	if !held {
		c.note(fmt.Sprintf("%s: %s@%s is left out of the feed: it is another platform's", input, node.Name, node.Version))
		return
	}
	finding.Code, finding.Message = "wrong-bytes", input+" pins other bytes than those of any file that the feed holds"
	c.find(finding)
}
