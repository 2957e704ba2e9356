package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/pkg/feed"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		GroupID: "setup",
		Short:   "Print the version of feedctl and of the feed format",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.json {
				return printJSON(cmd.OutOrStdout(), map[string]any{"version": a.version, "format": feed.Format, "go": runtime.Version()})
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "feedctl %s (feed format %d, %s, %s/%s)\n", a.version, feed.Format, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
