package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// relocateOptions are the flags of relocate.
type relocateOptions struct {
	from, base, output string
	dry                bool
}

// relocated is the result of relocate.
type relocated struct {
	Lock    string            `json:"lock"`
	Base    string            `json:"base"`
	Written []string          `json:"written"`           // files; none when nothing changed, or had to stay
	Moved   int               `json:"moved"`             // addresses that were changed
	Same    int               `json:"same"`              // those that were the feed's already
	Kept    []ecosystem.Place `json:"kept,omitempty"`    // files that no target of the feed uses
	Missing []ecosystem.Place `json:"missing,omitempty"` // files that a target uses and the feed does not hold
	Notes   []string          `json:"notes,omitempty"`
}

func (a *app) relocateCommand() *cobra.Command {
	var o relocateOptions
	command := &cobra.Command{
		Use:     "relocate LOCK",
		GroupID: "use",
		Short:   "Rewrite the addresses of files in a lock to the feed",
		Long: strings.TrimSpace(`
Relocate is for locks whose clients take files from the addresses in the lock,
whatever their settings say: uv.lock, pylock.toml, a pdm.lock with static URLs. The
address of each file that the feed holds, with the digest in the lock, becomes that
in the feed. Nothing else in the lock changes: no digest, no order, no comment. Files
of platforms that the feed is not for keep their address. A poetry.lock with sources
of its own is changed together with the sources in the pyproject.toml beside it.

The address is that of --base-url, which may be a folder or a file: URL too; else the
one that the feed records; else the feed's own folder or URL.

Exit code 3 means that the feed lacks a file that one of its targets needs: then
nothing is written.`),
		Example: "  feedctl relocate uv.lock --to feed --base-url https://packages.example/feed && uv sync --frozen\n" +
			"  feedctl relocate pylock.toml --to feed --base-url ./feed --output pylock.feed.toml",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.relocate(cmd.Context(), cmd, o, args[0]) },
	}
	flags := command.Flags()
	flags.StringVar(&o.from, "to", "", "folder or URL of the feed")
	flags.StringVar(&o.base, "base-url", "", "URL or folder of the feed's root, in the place of the one that the feed records")
	flags.StringVarP(&o.output, "output", "o", "", "write the lock to this file, or - for standard output, and leave LOCK as it is")
	flags.BoolVarP(&o.dry, "dry-run", "n", false, "say what would change, and stop")
	return command
}

func (a *app) relocate(ctx context.Context, cmd *cobra.Command, o relocateOptions, lock string) error {
	// The configuration takes a base URL for that of a web server, and refuses what
	// is one only here.
	cmd.Flags().Lookup("base-url").Changed = false
	if err := a.load(cmd); err != nil {
		return err
	}
	if a.json && o.output == "-" {
		return &usageError{errors.New("--json and --output -: only one of them can have standard output")}
	}
	e, err := relocator(lock)
	if err != nil {
		return err
	}
	if o.from == "" {
		o.from = a.config.To
	}
	report, files, err := a.relocation(ctx, cmd, o, e, lock)
	if err != nil {
		return err
	}
	for _, file := range files {
		if o.output != "" && file.Path != filepath.Base(lock) {
			report.Notes = append(report.Notes, file.Path+" has to change with the lock; without --output it does")
		}
	}
	if len(report.Missing) == 0 && !o.dry {
		if report.Written, err = writeRelocated(cmd.OutOrStdout(), files, lock, o.output); err != nil {
			return err
		}
	}
	out := cmd.OutOrStdout()
	if o.output == "-" {
		out = cmd.ErrOrStderr()
	}
	if a.json {
		err = printJSON(out, report)
	} else {
		err = a.printRelocated(out, o, report)
	}
	if err == nil && len(report.Missing) > 0 {
		return errFindings
	}
	return err
}

// relocator finds the ecosystem of a lock, and makes sure that it rewrites locks.
func relocator(lock string) (ecosystem.Ecosystem, error) {
	base := filepath.Base(lock)
	var known []string
	for _, e := range all.Ecosystems() {
		for pattern := range e.Locks {
			if e.Relocate != nil {
				known = append(known, pattern)
			}
			switch ok, err := path.Match(pattern, base); {
			case err != nil || !ok:
			case e.Relocate == nil:
				return e, &usageError{fmt.Errorf("%s: locks of this kind are not rewritten: their clients are pointed at a feed by their settings, which feedctl client-config prints", base)}
			default:
				return e, nil
			}
		}
	}
	slices.Sort(known)
	return ecosystem.Ecosystem{}, &usageError{fmt.Errorf("%s: no lock with addresses to rewrite; known are %s", base, strings.Join(known, ", "))}
}

// relocation asks the ecosystem for the lock as it has to be.
func (a *app) relocation(ctx context.Context, cmd *cobra.Command, o relocateOptions, e ecosystem.Ecosystem, lock string) (relocated, []feed.Document, error) {
	report := relocated{Lock: lock, Written: []string{}}
	f, err := a.openExisting(ctx, cmd, o.from)
	if err != nil {
		return report, nil, err
	}
	defer f.Close()
	manifest, err := f.Manifest(ctx)
	if err != nil {
		return report, nil, err
	}
	summary, ok := manifest.Ecosystems[e.Name]
	if !ok {
		return report, nil, fmt.Errorf("%s: the feed has nothing of %s; mirror the lock first: feedctl mirror %s --to %s", o.from, e.Name, lock, o.from)
	}
	if report.Base, err = relocationBase(o, summary.Base); err != nil {
		return report, nil, err
	}
	root, err := os.OpenRoot(filepath.Dir(lock))
	if err != nil {
		return report, nil, err
	}
	defer root.Close()
	result, err := e.Relocate(ctx, ecosystem.Relocation{
		FS: root.FS(), Name: filepath.Base(lock), Base: report.Base, Profile: summary.Profile,
		Package: func(ctx context.Context, name string) (feed.Package, error) { return f.Package(ctx, e.Name, name) },
	})
	report.Moved, report.Same, report.Kept, report.Missing, report.Notes = result.Moved, result.Same, result.Kept, result.Missing, result.Notes
	return report, result.Files, err
}

// relocationBase is the URL that a lock names a feed by: what was given, what the
// feed records, or where it lies.
func relocationBase(o relocateOptions, recorded string) (string, error) {
	switch {
	case o.base == "" && recorded != "":
		return recorded, nil
	case o.base == "":
		o.base = o.from
	}
	if rest, ok := strings.CutPrefix(o.base, "file://"); ok {
		u, err := url.Parse(o.base)
		if err != nil || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || !strings.HasPrefix(rest, "/") {
			return "", &usageError{fmt.Errorf("base URL %q: want file:///PATH without host, query and fragment", web.Redact(o.base))}
		}
		return strings.TrimRight(u.String(), "/"), nil
	}
	if strings.Contains(o.base, "://") {
		return checkBase(o.base)
	}
	folder, err := filepath.Abs(o.base)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(folder, "feed.json")); err != nil {
		return "", &usageError{fmt.Errorf("base URL %q: neither a URL nor a folder with a feed", o.base)}
	}
	slashed := filepath.ToSlash(folder)
	if !strings.HasPrefix(slashed, "/") { // C:/feed
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String(), nil
}

// writeRelocated writes what changed; with an output of its own the lock goes there
// even unchanged, and nothing else is touched.
func writeRelocated(stdout io.Writer, files []feed.Document, lock, output string) (written []string, err error) {
	if output == "" {
		for _, file := range files {
			name := filepath.Join(filepath.Dir(lock), file.Path)
			if err := replaceFile(name, name, file.Bytes); err != nil {
				return written, err
			}
			written = append(written, name)
		}
		return written, nil
	}
	var data []byte
	if at := slices.IndexFunc(files, func(d feed.Document) bool { return d.Path == filepath.Base(lock) }); at >= 0 {
		data = files[at].Bytes
	} else if data, err = os.ReadFile(lock); err != nil {
		return nil, err
	}
	if output == "-" {
		_, err := stdout.Write(data)
		return []string{"-"}, err
	}
	return []string{output}, replaceFile(output, lock, data)
}

func (a *app) printRelocated(out io.Writer, o relocateOptions, report relocated) error {
	var b strings.Builder
	for _, one := range report.Missing {
		fmt.Fprintf(&b, "missing: %s: %s, which %s uses: %s\n", one.Package, one.File, one.Target, one.Reason)
	}
	if len(report.Missing) > 0 {
		fmt.Fprintf(&b, "  repair: feedctl mirror %s --to %s\n", report.Lock, o.from)
	}
	if a.verbose > 0 {
		for _, one := range report.Kept {
			fmt.Fprintf(&b, "kept: %s: %s: %s\n", one.Package, one.File, one.Reason)
		}
	}
	for _, note := range report.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	if a.quiet && len(report.Missing) == 0 {
		return nil
	}
	fmt.Fprintf(&b, "%s: %s %s %s, %d there already, %d of other targets kept", report.Lock, count(report.Moved, "URL"), verb(o, report), report.Base, report.Same, len(report.Kept))
	if len(report.Written) > 0 {
		fmt.Fprintf(&b, "; wrote %s", strings.Join(report.Written, ", "))
	}
	b.WriteByte('\n')
	_, err := io.WriteString(out, b.String())
	return err
}

func verb(o relocateOptions, report relocated) string {
	if o.dry || len(report.Missing) > 0 {
		return "would move to"
	}
	return "moved to"
}
