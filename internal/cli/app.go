package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/config"
	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// app is what the commands share: the flags of every command and the
// configuration.
type app struct {
	version string
	json    bool
	quiet   bool
	verbose int

	config   config.Config
	secrets  web.Secrets
	progress mirror.Progress
}

// persistentFlags adds the flags that every command has.
func (a *app) persistentFlags(root *cobra.Command) {
	flags := root.PersistentFlags()
	flags.BoolVar(&a.json, "json", false, "write the result as JSON to standard output")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "write only errors")
	flags.CountVarP(&a.verbose, "verbose", "v", "say more: -v what is decided, -vv every request")
	config.AddPersistentFlags(flags)
}

// feedFlags adds the flags of commands that read inputs and ask upstreams.
func (a *app) feedFlags(command *cobra.Command) {
	flags := command.Flags()
	config.AddMirrorFlags(flags)
	flags.Lookup("to").Usage += " (default \"" + defaultFeed + "\")"
	flags.Lookup("extra").Usage += ": " + strings.Join(knownExtras(), ", ")
	for _, e := range all.Ecosystems() {
		for _, key := range slices.Sorted(maps.Keys(e.Options)) {
			switch usage := e.Name + ": " + e.Options[key]; {
			case flags.Lookup(key) != nil:
			case slices.Contains(e.Switches, key):
				flags.Bool(key, false, usage)
			default:
				flags.Var(new(joined), key, usage)
			}
		}
	}
}

// joined is a flag whose values, when it is given more than once, become one
// list with commas.
type joined string

func (j *joined) String() string { return string(*j) }
func (*joined) Type() string     { return "string" }

func (j *joined) Set(text string) error {
	if *j != "" {
		text = string(*j) + "," + text
	}
	*j = joined(text)
	return nil
}

// load reads the configuration for a command.
func (a *app) load(cmd *cobra.Command) error {
	c, err := config.Load(cmd.Flags(), os.Environ(), clientAccess)
	if err != nil {
		return &usageError{err}
	}
	if c.To == "" {
		c.To = defaultFeed
	}
	a.config = c
	return nil
}

// defaultFeed is the folder of the feed when nothing names one.
const defaultFeed = "feed"

// clientAccess looks up what "credentials: {client: true}" refers to.
func clientAccess(config ecosystem.UpstreamConfig) (web.Access, error) {
	env, err := environment()
	if err != nil {
		return web.Access{}, err
	}
	for _, e := range all.Ecosystems() {
		if e.Name == config.Ecosystem {
			access, _, err := e.Credentials(env, config)
			return access, err
		}
	}
	return web.Access{}, fmt.Errorf("upstream %q: unknown ecosystem %q", config.Name, config.Ecosystem)
}

// now is the one time of a run: SOURCE_DATE_EPOCH when set, else the clock.
func (a *app) now() time.Time {
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
			return time.Unix(seconds, 0).UTC()
		}
	}
	return time.Now().UTC().Truncate(time.Second)
}

// options fills in what flags and configuration say.
func (a *app) options(cmd *cobra.Command, o *mirror.Options, args []string) error {
	c := a.config
	o.To, o.Inputs, o.Configured = c.To, c.Inputs, c.Upstreams
	if len(args) > 0 {
		o.Inputs = args
	}
	if err := checkFolder(o.To); err != nil {
		return err
	}
	o.Jobs, o.Extras, o.Time, o.Offline = c.Jobs, c.Extras, a.now(), c.Offline
	o.LockedOnly, o.SkipUnsupported = c.LockedOnly, c.SkipUnsupported
	if c.BaseURL != nil {
		base, err := checkBase(*c.BaseURL)
		if err != nil {
			return err
		}
		o.Base = &base
	}
	for _, text := range c.Platforms {
		target, err := feed.ParseTarget(text)
		if err != nil {
			return &usageError{err}
		}
		if !slices.Contains(o.Targets, target) {
			o.Targets = append(o.Targets, target)
		}
	}
	slices.SortFunc(o.Targets, func(a, b feed.Target) int { return strings.Compare(a.String(), b.String()) })
	o.Settings = map[string]map[string]string{}
	for _, e := range all.Ecosystems() {
		o.Settings[e.Name] = maps.Clone(c.Options[e.Name])
		for key := range e.Options {
			if flag := cmd.Flags().Lookup(key); flag != nil && flag.Changed {
				if o.Settings[e.Name] == nil {
					o.Settings[e.Name] = map[string]string{}
				}
				o.Settings[e.Name][key] = flag.Value.String()
			}
		}
	}
	return a.checkExtras(o.Extras)
}

// checkFolder refuses an address where a folder is wanted.
func checkFolder(to string) error {
	if strings.Contains(to, "://") {
		return &usageError{fmt.Errorf("feed %q: a feed is written into a folder; a web server, or feedctl serve, serves that", web.Redact(to))}
	}
	return nil
}

func (a *app) checkExtras(extras []string) error {
	known := knownExtras()
	for _, extra := range extras {
		if !slices.Contains(known, extra) {
			return &usageError{fmt.Errorf("extra %q: known are %s", extra, strings.Join(known, ", "))}
		}
	}
	return nil
}

// knownExtras lists the optional documents of all ecosystems.
func knownExtras() []string {
	var known []string
	for _, e := range all.Ecosystems() {
		known = slices.AppendSeq(known, maps.Keys(e.Extras))
	}
	slices.Sort(known)
	return slices.Compact(known)
}

// client returns the HTTP client of the run.
func (a *app) client(cmd *cobra.Command) (*web.Client, error) {
	return web.New(web.Options{
		UserAgent: "feedctl/" + a.version,
		CacheDir:  a.config.CacheDir,
		MaxAge:    a.config.MaxAge,
		Offline:   a.config.Offline,
		Logger:    a.logger(cmd),
		Secrets:   &a.secrets,
	})
}

// logger writes to standard error, with every secret taken out.
func (a *app) logger(cmd *cobra.Command) *slog.Logger {
	level := slog.LevelWarn
	switch {
	case a.quiet:
		level = slog.LevelError
	case a.verbose == 1:
		level = slog.LevelInfo
	case a.verbose > 1:
		level = slog.LevelDebug
	}
	text := slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level})
	return slog.New(web.RedactingHandler(text, &a.secrets))
}

func (a *app) surroundings(cmd *cobra.Command) (mirror.Surroundings, error) {
	client, err := a.client(cmd)
	if err != nil {
		return mirror.Surroundings{}, err
	}
	env, err := environment()
	if err != nil {
		return mirror.Surroundings{}, err
	}
	a.progress = newProgress(cmd.ErrOrStderr(), a.quiet || a.json || a.verbose > 0)
	return mirror.Surroundings{
		Ecosystems: all.Ecosystems(), Environment: env, Client: client, Stdin: cmd.InOrStdin(),
		Log: a.logger(cmd), Progress: a.progress, Command: "feedctl " + cmd.Name(),
	}, nil
}

func (a *app) finishProgress() {
	if b, ok := a.progress.(*bar); ok {
		b.finish()
	}
}

// maxSettings is the largest configuration file of a package manager that is
// read, in bytes.
const maxSettings = 16 << 20

// clientPatience is how long an installed package manager may take to answer.
const clientPatience = 20 * time.Second

func environment() (ecosystem.Environment, error) {
	dir, err := os.Getwd()
	if err != nil {
		return ecosystem.Environment{}, err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	return ecosystem.Environment{Dir: dir, Home: home, Environ: os.Environ(), ReadFile: readSettings, Run: runClient}, nil
}

func readSettings(path string) ([]byte, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if len(data) > maxSettings {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("larger than 16 MB: no settings file")}
	}
	return data, err
}

func runClient(ctx context.Context, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, clientPatience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return out, nil
}

// openExisting opens a feed that must be there.
func (a *app) openExisting(ctx context.Context, cmd *cobra.Command, place string) (*store.Feed, error) {
	f, err := a.openFeed(ctx, cmd, place)
	if err != nil {
		return nil, err
	}
	manifest, err := f.Manifest(ctx)
	if err == nil && manifest.Sequence == 0 {
		err = fmt.Errorf("%s: no feed here; make one with feedctl mirror INPUT --to %s", place, place)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
