package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/pkg/feed"
)

func (a *app) resolveCommand() *cobra.Command {
	var o mirror.Options
	var format string
	command := &cobra.Command{
		Use:     "resolve [INPUT…]",
		GroupID: "look",
		Short:   "Show the dependency graph; download no artifact",
		Example: "  feedctl resolve " + sample().requirement + "\n  feedctl resolve " + sample().lock + " --format dot | dot -Tsvg > graph.svg",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.resolve(cmd.Context(), cmd, o, args, format)
		},
	}
	a.feedFlags(command)
	command.Flags().StringVarP(&format, "format", "f", "tree", "tree, list, json or dot")
	command.Flags().BoolVar(&o.Upgrade, "upgrade", false, "ask the upstreams though saved releases would do")
	return command
}

func (a *app) resolve(ctx context.Context, cmd *cobra.Command, o mirror.Options, args []string, format string) error {
	printers := map[string]func(io.Writer, []mirror.Resolved) error{
		"tree": printTree, "list": printList, "dot": printDOT,
		"json": func(out io.Writer, all []mirror.Resolved) error { return printJSON(out, all) },
	}
	if err := a.load(cmd); err != nil {
		return err
	}
	if a.json {
		format = "json"
	}
	printer, ok := printers[format]
	if !ok {
		return &usageError{fmt.Errorf("format %q: want tree, list, json or dot", format)}
	}
	if err := a.options(cmd, &o, args); err != nil {
		return err
	}
	if len(o.Inputs) == 0 {
		o.Inputs = []string{"."}
	}
	o.SkipUnsupported = true
	surroundings, err := a.surroundings(cmd)
	if err != nil {
		return err
	}
	all, err := mirror.Resolve(ctx, o, surroundings)
	a.finishProgress()
	if err != nil {
		return err
	}
	return printer(cmd.OutOrStdout(), all)
}

func printList(out io.Writer, all []mirror.Resolved) error {
	var lines []string
	for _, resolved := range all {
		for _, node := range resolved.Graph.Nodes {
			lines = append(lines, resolved.Request.Ecosystem+":"+node.Name+"@"+node.Version)
		}
	}
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// tree draws a graph below its root, each release's own requirements once.
type tree struct {
	b     strings.Builder
	graph feed.Graph
	out   map[int][]feed.Edge
	shown map[int]bool
}

func printTree(out io.Writer, all []mirror.Resolved) error {
	for _, resolved := range all {
		t := &tree{graph: resolved.Graph, out: map[int][]feed.Edge{}, shown: map[int]bool{}}
		for _, edge := range t.graph.Edges {
			t.out[edge.From] = append(t.out[edge.From], edge)
		}
		fmt.Fprintf(&t.b, "%s (%s, %s)\n", resolved.Request.Input, resolved.Request.Ecosystem, count(len(t.graph.Nodes), "release"))
		t.below(feed.Root, "")
		if _, err := io.WriteString(out, t.b.String()); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) below(from int, indent string) {
	edges := t.out[from]
	for i, edge := range edges {
		branch, next := "├── ", "│   "
		if i == len(edges)-1 {
			branch, next = "└── ", "    "
		}
		t.b.WriteString(indent + branch)
		if edge.To == feed.Open {
			fmt.Fprintf(&t.b, "%s (%s)\n", edge.Requirement, edge.Why)
			continue
		}
		node := t.graph.Nodes[edge.To]
		fmt.Fprintf(&t.b, "%s@%s", node.Name, node.Version)
		if edge.Requirement.Kind != "" {
			fmt.Fprintf(&t.b, " %s", edge.Requirement.Kind)
		}
		if t.shown[edge.To] && len(t.out[edge.To]) > 0 {
			t.b.WriteString(" …\n")
			continue
		}
		t.b.WriteString("\n")
		t.shown[edge.To] = true
		t.below(edge.To, indent+next)
	}
}

func printDOT(out io.Writer, all []mirror.Resolved) error {
	var b strings.Builder
	b.WriteString("digraph feed {\n  rankdir=LR; node [shape=box];\n")
	for i, resolved := range all {
		root := fmt.Sprintf("root%d", i)
		fmt.Fprintf(&b, "  %s [label=%q, shape=ellipse];\n", root, resolved.Request.Input)
		name := func(node int) string {
			if node == feed.Root {
				return root
			}
			n := resolved.Graph.Nodes[node]
			return fmt.Sprintf("%q", resolved.Request.Ecosystem+":"+n.Name+"@"+n.Version)
		}
		for _, edge := range resolved.Graph.Edges {
			if edge.To == feed.Open {
				continue
			}
			style := ""
			if edge.Requirement.Kind != "" {
				style = fmt.Sprintf(" [style=dashed, label=%q]", edge.Requirement.Kind)
			}
			fmt.Fprintf(&b, "  %s -> %s%s;\n", name(edge.From), name(edge.To), style)
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(out, b.String())
	return err
}
