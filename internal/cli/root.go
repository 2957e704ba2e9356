// Package cli is the command line: flags, output and exit codes. It holds no
// logic; the commands call mirror, verify and store.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs feedctl with the process's own arguments and streams and returns the
// exit code.
func Main(version string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	setCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := NewRoot(version)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && err != nil {
		err = errors.Join(errInterrupted, err)
	}
	if err != nil && !errors.Is(err, errFindings) {
		if errors.Is(err, errInterrupted) {
			fmt.Fprintln(stderr, "feedctl: interrupted; the feed is as it was, and what was fetched is kept for the next run")
		} else {
			fmt.Fprint(stderr, explain(err))
		}
	}
	return exitCode(err)
}

// NewRoot returns the feedctl command with all its subcommands.
func NewRoot(version string) *cobra.Command {
	if version == "" {
		version = builtVersion()
	}
	root := &cobra.Command{
		Use:   "feedctl",
		Short: "Mirror packages with their whole dependency graph into a static feed",
		Long: strings.TrimSpace(`
feedctl reads lockfiles or package lists, resolves the whole dependency graph
against your upstreams, and writes a feed: a directory that any web server hosts
and that the real package managers install from, with no other network.

  feedctl mirror . --to feed     mirror everything that the lockfiles here need
  feedctl verify feed            prove that the feed is whole
  feedctl serve feed             try it`),
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	a := &app{version: version}
	a.persistentFlags(root)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
	})
	root.AddGroup(
		&cobra.Group{ID: "feed", Title: "Make and prove a feed:"},
		&cobra.Group{ID: "look", Title: "Look into a feed or a graph:"},
		&cobra.Group{ID: "use", Title: "Use a feed:"},
		&cobra.Group{ID: "setup", Title: "Set up:"},
	)
	for _, add := range []func() *cobra.Command{
		a.mirrorCommand, a.verifyCommand, a.rebaseCommand,
		a.resolveCommand, a.listCommand, a.whyCommand,
		a.serveCommand, a.clientConfigCommand, a.relocateCommand,
		a.initCommand, a.upstreamCommand, a.versionCommand,
	} {
		root.AddCommand(add())
	}
	usageArgs(root)
	root.CompletionOptions.HiddenDefaultCmd = false
	return root
}

// usageArgs lets mistakes in the arguments of a command count as usage errors.
func usageArgs(command *cobra.Command) {
	check := command.Args
	command.Args = func(cmd *cobra.Command, args []string) error {
		if check == nil {
			return nil
		}
		if err := check(cmd, args); err != nil {
			return &usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
	for _, sub := range command.Commands() {
		usageArgs(sub)
	}
}

// builtVersion is the version that the Go toolchain recorded.
func builtVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
