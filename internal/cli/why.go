package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/verify"
	"github.com/feedctl/feedctl/pkg/feed"
)

// reason is one way from a root to a release.
type reason struct {
	Package string   `json:"package"` // ecosystem:name@version
	Input   string   `json:"input"`
	Path    []string `json:"path"` // from the input's own requirement down to the release
}

func (a *app) whyCommand() *cobra.Command {
	var from string
	command := &cobra.Command{
		Use:     "why PACKAGE[@VERSION]",
		GroupID: "look",
		Short:   "Say why a package is in the feed",
		Example: "  feedctl why " + sample().name + " --to feed",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.why(cmd.Context(), cmd, from, args[0]) },
	}
	command.Flags().StringVar(&from, "to", "", "folder or URL of the feed")
	return command
}

func (a *app) why(ctx context.Context, cmd *cobra.Command, from, text string) error {
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
	reasons := []reason{}
	for _, e := range all.Ecosystems() {
		name, found := strings.CutPrefix(text, e.Name+":")
		if !found && strings.Contains(text, ":") {
			continue
		}
		some, err := reasonsFor(ctx, f, e, name)
		if err != nil {
			return err
		}
		reasons = append(reasons, some...)
	}
	if len(reasons) == 0 {
		return fmt.Errorf("%s: nothing that was mirrored into %s needs it; feedctl list shows what is there", text, from)
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), reasons)
	}
	for _, r := range reasons {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n  %s > %s\n", r.Package, r.Input, strings.Join(r.Path, " > ")); err != nil {
			return err
		}
	}
	return nil
}

// reasonsFor finds the shortest way to each fitting release, for every root.
func reasonsFor(ctx context.Context, f *store.Feed, e ecosystem.Ecosystem, text string) ([]reason, error) {
	name, version := feed.CutVersion(text)
	var reasons []reason
	for root, err := range f.Roots(ctx, e.Name) {
		if err != nil {
			return nil, err
		}
		var wanted []string
		for _, id := range root.Releases {
			if n, v := feed.CutVersion(id); n == name && (version == "" || v == version) {
				wanted = append(wanted, id)
			}
		}
		if len(wanted) == 0 {
			continue
		}
		graph, err := verify.Graph(ctx, f, e, root)
		if err != nil {
			return nil, err
		}
		paths := verify.Shortest(graph)
		for _, id := range wanted {
			path := paths[id]
			if path == nil {
				path = []string{"(in the lock, but nothing in it requires it)", id}
			}
			reasons = append(reasons, reason{Package: e.Name + ":" + id, Input: root.Input, Path: path})
		}
	}
	slices.SortStableFunc(reasons, func(a, b reason) int {
		_, one := feed.CutVersion(a.Package)
		_, other := feed.CutVersion(b.Package)
		return cmp.Or(e.Compare(one, other), cmp.Compare(a.Input, b.Input))
	})
	return reasons, nil
}
