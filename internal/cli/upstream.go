package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/upstream"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// upstreamLine is one upstream in the output.
type upstreamLine struct {
	Ecosystem   string   `json:"ecosystem"`
	Name        string   `json:"name"`
	URL         string   `json:"url"`
	Include     []string `json:"include,omitempty"`
	Exclude     []string `json:"exclude,omitempty"`
	Credentials bool     `json:"credentials"`
	Enabled     bool     `json:"enabled"`
	FoundIn     string   `json:"found_in"`

	State    string  `json:"state,omitempty"` // of a check: "ok", "unauthorised", "unreachable", "wrong protocol", "disabled"
	Protocol string  `json:"protocol,omitempty"`
	Detail   string  `json:"detail,omitempty"`
	Seconds  float64 `json:"seconds,omitempty"`

	config    ecosystem.UpstreamConfig
	ecosystem ecosystem.Ecosystem
}

func (a *app) upstreamCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "upstream",
		GroupID: "setup",
		Short:   "Show and check the upstreams, in search order",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{
		Use:   "list [INPUT…]",
		Short: "List the upstreams that would be asked, and where each was found",
		RunE:  func(cmd *cobra.Command, args []string) error { return a.upstreams(cmd.Context(), cmd, args, false) },
	}
	check := &cobra.Command{
		Use:   "check [INPUT…]",
		Short: "Ask every upstream whether it is there, lets us in and speaks the protocol",
		RunE:  func(cmd *cobra.Command, args []string) error { return a.upstreams(cmd.Context(), cmd, args, true) },
	}
	command.AddCommand(list, check)
	return command
}

func (a *app) upstreams(ctx context.Context, cmd *cobra.Command, inputs []string, check bool) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	lines, err := a.upstreamLines(ctx, inputs, cmd.InOrStdin())
	if err != nil {
		return err
	}
	failed := 0
	if check {
		a.config.CacheDir = "" // what was kept says nothing of an upstream today
		client, err := a.client(cmd)
		if err != nil {
			return err
		}
		for i := range lines {
			lines[i].check(ctx, client)
			if lines[i].State != "ok" && lines[i].State != "disabled" {
				failed++
			}
		}
	}
	if a.json {
		err = printJSON(cmd.OutOrStdout(), lines)
	} else {
		err = printUpstreams(cmd.OutOrStdout(), lines, check)
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("%s not usable", count(failed, "upstream"))
	}
	return err
}

// upstreamLines finds the upstreams of every ecosystem. One that has none, and
// for which nothing was asked, is left out.
func (a *app) upstreamLines(ctx context.Context, inputs []string, stdin io.Reader) ([]upstreamLine, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	requests, err := mirror.Read(all.Ecosystems(), inputs, stdin)
	if err != nil {
		return nil, err
	}
	lines := []upstreamLine{}
	var failures []error
	for _, e := range all.Ecosystems() {
		env.Recorded, env.Settings = recordedNodes(requests, e.Name), nil
		for _, request := range requests {
			if request.Ecosystem == e.Name && len(request.Settings) > 0 {
				env.Settings = append(env.Settings, request.Settings)
			}
		}
		configs, err := upstream.Find(ctx, e, a.config.Upstreams, []ecosystem.Environment{env})
		if err != nil {
			failures = append(failures, err)
			continue
		}
		for _, config := range configs {
			lines = append(lines, lineOf(e, config))
		}
	}
	if len(lines) == 0 {
		return nil, errors.Join(failures...)
	}
	return lines, nil
}

func recordedNodes(requests []feed.Request, ecosystemName string) []feed.Node {
	var nodes []feed.Node
	for _, request := range requests {
		if request.Ecosystem == ecosystemName && request.Lock != nil {
			nodes = append(nodes, request.Lock.Nodes...)
		}
	}
	return nodes
}

func lineOf(e ecosystem.Ecosystem, config ecosystem.UpstreamConfig) upstreamLine {
	return upstreamLine{
		Ecosystem: e.Name, Name: config.Name, URL: web.Redact(config.URL), Include: config.Include, Exclude: config.Exclude,
		Credentials: config.Access.Authorization != "", Enabled: !config.Disabled, FoundIn: config.FoundIn,
		config: config, ecosystem: e,
	}
}

// check asks the upstream and writes down what came of it.
func (l *upstreamLine) check(ctx context.Context, client *web.Client) {
	if l.config.Disabled {
		l.State = "disabled"
		return
	}
	if l.config.Problem != nil {
		l.State, l.Detail = "unauthorised", l.config.Problem.Error()
		return
	}
	started := time.Now()
	probe, err := l.ecosystem.Probe(ctx, l.config, client)
	l.Seconds = time.Since(started).Seconds()
	var failure *feed.UpstreamError
	switch {
	case err == nil:
		l.State, l.Protocol, l.Detail = "ok", probe.Protocol, probe.Detail
		return
	case errors.As(err, &failure) && (failure.Status == 401 || failure.Status == 403):
		l.State = "unauthorised"
	case errors.As(err, &failure) && failure.Temporary():
		l.State = "unreachable"
	default:
		l.State = "wrong protocol"
	}
	l.Detail = err.Error()
}

func printUpstreams(out io.Writer, lines []upstreamLine, checked bool) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	for _, l := range lines {
		routing := ""
		if len(l.Include) > 0 {
			routing = "only " + strings.Join(l.Include, " ")
		}
		if len(l.Exclude) > 0 {
			routing += " not " + strings.Join(l.Exclude, " ")
		}
		state := "enabled"
		if !l.Enabled {
			state = "disabled"
		}
		if checked {
			state = fmt.Sprintf("%s (%s) %s %s", l.State, seconds(l.Seconds), l.Protocol, l.Detail)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Ecosystem, l.Name, l.URL, strings.TrimSpace(routing), l.FoundIn, strings.TrimSpace(state))
	}
	return table.Flush()
}
