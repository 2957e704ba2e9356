package cli

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/web"
)

func (a *app) rebaseCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "rebase URL [DIR]",
		GroupID: "feed",
		Short:   "Rewrite the few documents that hold the feed's address",
		Long: strings.TrimSpace(`
Rebase renders the documents that cannot be relative for a feed whose root is
served at URL. Artifacts and the ledger stay as they are. An empty URL ("") goes
back to the upstreams' own addresses.`),
		Example: "  feedctl rebase https://packages.example/feed feed",
		Args:    cobra.RangeArgs(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.rebase(cmd.Context(), cmd, args) },
	}
	return command
}

func (a *app) rebase(ctx context.Context, cmd *cobra.Command, args []string) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	base, err := checkBase(args[0])
	if err != nil {
		return err
	}
	o := mirror.Options{To: a.place(args[1:]), Base: &base, Time: a.now()}
	if err := checkFolder(o.To); err != nil {
		return err
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
	if a.quiet {
		return nil
	}
	state := "had this address already"
	if report.Changed {
		state = "now has its root at " + base
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\nnext: feedctl client-config --to %s\n", o.To, state, o.To)
	return err
}

// checkBase reads the URL of a feed's root: http or https, without query,
// fragment, user or trailing slash.
func checkBase(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", &usageError{fmt.Errorf("base URL %q: want http(s)://HOST[:PORT][/PATH] without user, query and fragment, the address at which the feed's folder is served", web.Redact(text))}
	}
	return strings.TrimRight(u.String(), "/"), nil
}
