package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/verify"
	"github.com/feedctl/feedctl/internal/web"
)

func (a *app) verifyCommand() *cobra.Command {
	var o verify.Options
	var against []string
	command := &cobra.Command{
		Use:     "verify [DIR|URL]",
		GroupID: "feed",
		Short:   "Prove that a feed is whole",
		Long: strings.TrimSpace(`
Verify checks every file against its digest, renders every document again and
compares the bytes, and walks the dependency graph of everything that was asked
for: each edge must end in the feed. It needs no upstream and writes nothing.

Exit code 3 means that something was found; each finding says what, which path
in the graph leads there, and the command that repairs it.`),
		Example: "  feedctl verify feed\n  feedctl verify feed --against " + sample().lock + "\n  feedctl verify http://127.0.0.1:8080/feed",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd.Context(), cmd, o, args, against)
		},
	}
	command.Flags().StringArrayVar(&against, "against", nil, "lock that must be satisfied by the feed, with its digests (repeatable)")
	command.Flags().BoolVar(&o.Deep, "deep", false, "look inside every artifact too")
	return command
}

func (a *app) verify(ctx context.Context, cmd *cobra.Command, o verify.Options, args, against []string) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	o.Ecosystems, o.Place = all.Ecosystems(), a.place(args)
	for _, input := range against {
		requests, err := mirror.Read(o.Ecosystems, []string{input}, cmd.InOrStdin())
		if err != nil {
			return err
		}
		for i := range requests {
			requests[i].Input = input
		}
		o.Against = append(o.Against, requests...)
	}
	f, err := a.openFeed(ctx, cmd, o.Place)
	if err != nil {
		return err
	}
	defer f.Close()
	report, err := verify.Run(ctx, f, o)
	if err != nil {
		return err
	}
	if a.json {
		err = printJSON(cmd.OutOrStdout(), report)
	} else {
		err = a.printReport(cmd.OutOrStdout(), report)
	}
	if err == nil && len(report.Findings) > 0 {
		return errFindings
	}
	return err
}

// place is the feed that a command is about: its argument, else the configured
// one.
func (a *app) place(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return a.config.To
}

// openFeed opens a feed for reading, from a folder or a URL.
func (a *app) openFeed(ctx context.Context, cmd *cobra.Command, place string) (*store.Feed, error) {
	if !strings.Contains(place, "://") {
		return store.Open(place)
	}
	client, err := a.client(cmd)
	if err != nil {
		return nil, err
	}
	tree, err := store.NewHTTP(client, place, web.Access{})
	if err != nil {
		return nil, &usageError{err}
	}
	return store.OpenTree(ctx, tree)
}

func (a *app) printReport(out io.Writer, report verify.Report) error {
	var b strings.Builder
	for _, finding := range report.Findings {
		subject := finding.Package
		if subject == "" {
			subject = finding.Path
		}
		if subject != "" {
			subject += ": "
		}
		fmt.Fprintf(&b, "%s: %s%s\n", finding.Code, subject, finding.Message)
		if finding.Path != "" && finding.Package != "" {
			fmt.Fprintf(&b, "  file:   %s\n", finding.Path)
		}
		if len(finding.Via) > 0 {
			fmt.Fprintf(&b, "  needed: %s\n", strings.Join(finding.Via, " > "))
		}
		fmt.Fprintf(&b, "  repair: %s\n", finding.Repair)
	}
	if a.verbose > 0 {
		for _, note := range report.Notes {
			fmt.Fprintf(&b, "note: %s\n", note)
		}
	} else if len(report.Notes) > 0 {
		fmt.Fprintf(&b, "%s (feedctl verify -v shows them)\n", count(len(report.Notes), "note"))
	}
	verdict := "whole"
	if n := len(report.Findings); n > 0 {
		verdict = "not whole: " + count(n, "finding")
	}
	fmt.Fprintf(&b, "%s: %s; %s of %s, %s checked, %s in %s\n", report.Place, verdict, count(report.Releases, "release"),
		count(report.Packages, "package"), count(report.Files, "file"), size(report.Bytes), seconds(report.Seconds))
	_, err := io.WriteString(out, b.String())
	return err
}
