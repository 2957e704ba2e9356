package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/mirror"
)

func (a *app) mirrorCommand() *cobra.Command {
	var o mirror.Options
	command := &cobra.Command{
		Use:     "mirror [INPUT…]",
		GroupID: "feed",
		Short:   "Mirror everything that the inputs need into a feed",
		Long: strings.TrimSpace(`
Mirror reads the inputs, resolves their whole dependency graph, downloads and
verifies every artifact that the feed lacks, and publishes the feed at once.

An INPUT is a lockfile, a manifest, a folder (every lockfile in it is found), a
package such as ` + sample().requirement + `, a package URL, a text list of these, or -
for a list on standard input. Without INPUT the working directory is read.

A lock is mirrored exactly as locked. What the feed holds already is kept; only
--upgrade asks the upstreams for newer releases. A run that is cut off leaves the
feed as it was, and the next one goes on where it stopped.`),
		Example: strings.Join([]string{
			"  feedctl mirror " + sample().lock + " --to feed",
			"  feedctl mirror " + sample().requirement + " --to feed --base-url https://packages.example/feed",
			"  feedctl mirror . --platform linux/amd64 --platform windows/amd64",
			"  feedctl mirror --repair --to feed",
		}, "\n"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.mirror(cmd.Context(), cmd, o, args) },
	}
	a.feedFlags(command)
	flags := command.Flags()
	flags.BoolVarP(&o.DryRun, "dry-run", "n", false, "say what would be fetched, from where and how many bytes, and stop")
	flags.BoolVar(&o.Upgrade, "upgrade", false, "take newer releases from the upstreams though saved ones would do")
	flags.BoolVar(&o.Repair, "repair", false, "check every byte and fetch what is damaged; without INPUT, of the whole feed")
	return command
}

func (a *app) mirror(ctx context.Context, cmd *cobra.Command, o mirror.Options, args []string) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	if err := a.options(cmd, &o, args); err != nil {
		return err
	}
	if len(o.Inputs) == 0 && !o.Repair {
		o.Inputs = []string{"."}
	}
	surroundings, err := a.surroundings(cmd)
	if err != nil {
		return err
	}
	report, err := mirror.Run(ctx, o, surroundings)
	a.finishProgress()
	if err != nil {
		return err
	}
	if a.json {
		return printJSON(cmd.OutOrStdout(), report)
	}
	a.printNotes(cmd.ErrOrStderr(), report)
	if a.quiet {
		return nil
	}
	if o.DryRun {
		printFetches(cmd.OutOrStdout(), report)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), summary(report, o.DryRun))
	return err
}

// printNotes tells what a person should know, on standard error.
func (a *app) printNotes(out io.Writer, report mirror.Report) {
	for _, note := range report.Notes {
		fmt.Fprintf(out, "note: %s\n", note)
	}
	for _, s := range report.Skipped {
		fmt.Fprintf(out, "skipped: %s (%s): %s, in %s\n", s.Name, s.Spec, s.Reason, s.Where)
	}
	if report.Open > 0 && a.verbose > 0 {
		fmt.Fprintf(out, "note: the inputs leave %s open; feedctl verify -v shows them\n", count(report.Open, "edge"))
	}
}

func printFetches(out io.Writer, report mirror.Report) {
	for _, fetch := range report.Fetches {
		fmt.Fprintf(out, "%s  %s  %s  %s\n", fetch.Package, size(fetch.Size), fetch.Upstream, fetch.URL)
	}
}

// summary is the one line at the end: new, kept, bytes, seconds, where, and the
// next command to type.
func summary(report mirror.Report, dry bool) string {
	if dry {
		bytes := ""
		if report.Bytes > 0 {
			bytes = " (" + size(report.Bytes) + ")"
		}
		return fmt.Sprintf("would save %s, fetch %s%s, keep %d; nothing was written", count(report.New, "release"),
			count(report.Files, "file"), bytes, report.Kept)
	}
	text := fmt.Sprintf("%s: %d new, %d kept, %s in %s", report.To, report.New, report.Kept, size(report.Bytes), seconds(report.Seconds))
	for _, lock := range report.Chosen {
		text += "\nchosen: " + report.To + "/" + lock
	}
	if report.Base == "" {
		return text + "\nnext: feedctl serve " + report.To + "   (or feedctl rebase URL " + report.To + " before you host it)"
	}
	return text + "\nnext: feedctl verify " + report.To
}
