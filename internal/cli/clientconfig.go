package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/pkg/feed"
)

func (a *app) clientConfigCommand() *cobra.Command {
	var from, base, client string
	command := &cobra.Command{
		Use:     "client-config",
		GroupID: "use",
		Short:   "Print ready configuration for package managers and web servers",
		Example: "  feedctl client-config --to feed\n  feedctl client-config --to feed --client nginx",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.clientConfig(cmd.Context(), cmd, from, base, client)
		},
	}
	flags := command.Flags()
	flags.StringVar(&from, "to", "", "folder or URL of the feed")
	flags.StringVar(&base, "base-url", "", "URL of the feed's root, when the feed does not record one")
	flags.StringVar(&client, "client", "", "only this client or server, without its heading")
	return command
}

func (a *app) clientConfig(ctx context.Context, cmd *cobra.Command, from, base, client string) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	base, err := checkBase(base)
	if err != nil {
		return err
	}
	snippets, err := a.snippets(ctx, cmd, from, base)
	if err != nil {
		return err
	}
	var known []string
	var chosen []ecosystem.Snippet
	for _, s := range snippets {
		known = append(known, s.Client)
		if client == "" || s.Client == client {
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return &usageError{fmt.Errorf("client %q: known are %s", client, strings.Join(known, ", "))}
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), chosen)
	}
	for i, s := range chosen {
		if client == "" {
			if i > 0 {
				fmt.Fprintln(cmd.OutOrStdout())
			}
			fmt.Fprintf(cmd.OutOrStdout(), "## %s: %s\n", s.Client, s.File)
		}
		if _, err := fmt.Fprint(cmd.OutOrStdout(), strings.TrimRight(s.Text, "\n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// snippets gathers what the ecosystems of the feed say about their clients.
func (a *app) snippets(ctx context.Context, cmd *cobra.Command, from, base string) ([]ecosystem.Snippet, error) {
	if from == "" {
		from = a.config.To
	}
	layouts := map[string]feed.Layout{}
	if f, err := a.openExisting(ctx, cmd, from); err == nil {
		defer f.Close()
		manifest, err := f.Manifest(ctx)
		if err != nil {
			return nil, err
		}
		for name, summary := range manifest.Ecosystems {
			layouts[name] = summary.Layout
		}
	}
	var snippets []ecosystem.Snippet
	for _, e := range all.Ecosystems() {
		layout, held := layouts[e.Name]
		if len(layouts) > 0 && !held {
			continue
		}
		if base != "" {
			layout.Base = base
		}
		snippets = append(snippets, e.Clients(layout)...)
	}
	return snippets, nil
}
