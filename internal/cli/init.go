package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/config"
	"github.com/feedctl/feedctl/internal/ecosystem"
)

func (a *app) initCommand() *cobra.Command {
	var force bool
	command := &cobra.Command{
		Use:     "init [INPUT…]",
		GroupID: "setup",
		Short:   "Write a commented feedctl.yaml from what is set up here",
		Long: `Init asks the package managers' own settings, and the inputs when some are given,
for upstreams and writes them to feedctl.yaml in the working directory, with
comments. Credentials stay where they are; the file only refers to them.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.init(cmd.Context(), cmd, args, force) },
	}
	command.Flags().BoolVar(&force, "force", false, "replace a feedctl.yaml that is there")
	return command
}

func (a *app) init(ctx context.Context, cmd *cobra.Command, inputs []string, force bool) error {
	const name = "feedctl.yaml"
	if _, err := os.Lstat(name); err == nil && !force {
		return &usageError{fmt.Errorf("%s is there already; --force replaces it", name)}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	a.config = config.Config{}
	lines, err := a.upstreamLines(ctx, inputs, cmd.InOrStdin())
	if err != nil {
		return err
	}
	var upstreams []ecosystem.UpstreamConfig
	for _, line := range lines {
		upstreams = append(upstreams, line.config)
	}
	text, err := config.Template(upstreams)
	if err != nil {
		return err
	}
	temporary := name + ".new"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(temporary, name); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), map[string]any{"file": name, "upstreams": lines})
	}
	if a.quiet {
		return nil
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\nnext: feedctl upstream check\n", name, count(len(upstreams), "upstream"))
	return err
}
