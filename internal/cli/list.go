package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/upstream"
	"github.com/feedctl/feedctl/pkg/feed"
)

// listed is one release in the output of list.
type listed struct {
	Package    string `json:"package"` // ecosystem:name
	Version    string `json:"version"`
	Kind       string `json:"kind"`
	Size       int64  `json:"size"`
	Upstream   string `json:"upstream,omitempty"`
	Published  string `json:"published,omitempty"`
	Deprecated string `json:"deprecated,omitempty"`
	Partial    bool   `json:"partial,omitempty"` // some files are left out
}

func (a *app) listCommand() *cobra.Command {
	var from string
	command := &cobra.Command{
		Use:     "list [PATTERN…]",
		GroupID: "look",
		Short:   "List the releases that a feed holds",
		Long:    "List the releases that a feed holds. A PATTERN is a name, or one with *, with or without its ecosystem.",
		Example: "  feedctl list --to feed\n  feedctl list '" + sample().pattern + "' --to feed",
		RunE:    func(cmd *cobra.Command, args []string) error { return a.list(cmd.Context(), cmd, from, args) },
	}
	command.Flags().StringVar(&from, "to", "", "folder or URL of the feed")
	return command
}

func (a *app) list(ctx context.Context, cmd *cobra.Command, from string, args []string) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	if from == "" {
		from = a.config.To
	}
	f, err := a.openExisting(ctx, cmd, from)
	if err != nil {
		return err
	}
	defer f.Close()
	matches, err := matcher(args)
	if err != nil {
		return err
	}
	all, err := releases(ctx, f, matches)
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), all)
	}
	return printReleases(cmd.OutOrStdout(), all)
}

// matcher tells which packages some patterns mean; without patterns, all.
func matcher(texts []string) (func(feed.PackageKey) bool, error) {
	var patterns []upstream.Pattern
	for _, text := range texts {
		pattern, err := upstream.ParsePattern(text)
		if err != nil {
			return nil, &usageError{err}
		}
		patterns = append(patterns, pattern)
	}
	return func(key feed.PackageKey) bool {
		return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p upstream.Pattern) bool {
			return p.Match(key.Name) || p.Match(key.String())
		})
	}, nil
}

func releases(ctx context.Context, f *store.Feed, matches func(feed.PackageKey) bool) ([]listed, error) {
	all := []listed{}
	for _, name := range ecosystemsOf(ctx, f) {
		for summary, err := range f.Packages(ctx, name) {
			if err != nil {
				return nil, err
			}
			if !matches(feed.PackageKey{Ecosystem: name, Name: summary.Name}) {
				continue
			}
			p, err := f.Package(ctx, name, summary.Name)
			if err != nil {
				return nil, err
			}
			if p.Evidence {
				continue
			}
			for _, release := range p.Releases {
				all = append(all, describe(p.PackageKey, release))
			}
		}
	}
	return all, nil
}

func ecosystemsOf(ctx context.Context, f *store.Feed) []string {
	manifest, err := f.Manifest(ctx)
	if err != nil {
		return nil
	}
	var names []string
	for name := range manifest.Ecosystems {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func describe(key feed.PackageKey, release feed.Release) listed {
	one := listed{
		Package: key.String(), Version: release.Version, Kind: string(release.Kind),
		Upstream: release.Origin.Upstream, Deprecated: release.Deprecated,
	}
	if !release.Published.IsZero() {
		one.Published = release.Published.UTC().Format("2006-01-02")
	}
	for _, file := range release.Files {
		if file.Absent {
			one.Partial = true
			continue
		}
		one.Size += file.Size
	}
	return one
}

func printReleases(out io.Writer, all []listed) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, one := range all {
		var remarks []string
		if one.Partial {
			remarks = append(remarks, "metadata only")
		}
		if one.Deprecated != "" {
			remarks = append(remarks, "deprecated")
		}
		fmt.Fprintf(table, "%s@%s\t%s\t%s\t%s\n", one.Package, one.Version, size(one.Size), one.Upstream, strings.Join(remarks, ", "))
	}
	return table.Flush()
}
