package sumdb

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/feedctl/feedctl/internal/ecosystem"
)

// settings say which database is kept and for which modules, as the go command
// would decide it.
type settings struct {
	off      string // what turned the database off, or ""
	database database
	unlogged []string // patterns of GONOSUMDB: modules that the database is never asked for
}

// readSettings reads the ecosystem's option and the variables of the go command:
// those of the environment, else what an installed go answers.
func readSettings(ctx context.Context, env ecosystem.Environment, options map[string]string) (settings, error) {
	switch value := options[Option]; value {
	case "", "false":
	case "true":
		return settings{off: "the option " + Option}, nil
	default:
		return settings{}, &ecosystem.OptionError{Ecosystem: Ecosystem, Option: Option, Value: value, Want: "true or false"}
	}
	client := clientSettings(ctx, env)
	first := func(names ...string) string {
		for _, name := range names {
			if value := env.Getenv(name); value != "" {
				return value
			}
			if value := client[name]; value != "" {
				return value
			}
		}
		return ""
	}
	var s settings
	var err error
	if name := first("GOSUMDB"); name == "off" {
		s.off = "GOSUMDB=off"
	} else if s.database, err = selectDatabase(name); err != nil {
		return settings{}, err
	}
	for pattern := range strings.SplitSeq(first("GONOSUMDB", "GOPRIVATE"), ",") {
		if pattern = strings.TrimSpace(pattern); pattern != "" {
			s.unlogged = append(s.unlogged, pattern)
		}
	}
	return s, nil
}

// clientSettings returns the variables that an installed go command knows; none
// where there is no go.
func clientSettings(ctx context.Context, env ecosystem.Environment) map[string]string {
	if env.Run == nil {
		return nil
	}
	text, err := env.Run(ctx, "go", "env", "-json", "GONOSUMDB", "GOPRIVATE", "GOSUMDB")
	if err != nil {
		return nil
	}
	var values map[string]string
	if json.Unmarshal(text, &values) != nil {
		return nil
	}
	return values
}

// selectDatabase reads a value of GOSUMDB: a name or a verifier key, and
// optionally an address. The address is not used: the database is read through
// the upstreams.
func selectDatabase(value string) (database, error) {
	fields := strings.Fields(value)
	switch {
	case len(fields) > 2:
		return database{}, fmt.Errorf("GOSUMDB=%q: want a name or a verifier key, and at most one address", clip(value))
	case len(fields) == 0 || fields[0] == defaultName:
		return openDatabase("")
	case !strings.Contains(fields[0], "+"):
		return database{}, fmt.Errorf("GOSUMDB=%q: the verifier key of this database is not known; write NAME+HASH+KEY, or use --%s", clip(value), Option)
	}
	db, err := openDatabase(fields[0])
	if err != nil {
		return database{}, fmt.Errorf("GOSUMDB: %w", err)
	}
	return db, nil
}

// split separates the releases that the database is asked for from those that
// match GONOSUMDB.
func (s settings) split(added []ecosystem.Added) (logged, unlogged []ecosystem.Added) {
	all := strings.Join(s.unlogged, ",")
	for _, one := range added {
		if module.MatchPrefixPatterns(all, one.Name) {
			unlogged = append(unlogged, one)
		} else {
			logged = append(logged, one)
		}
	}
	return logged, unlogged
}

// notes says what clients of the feed must set for the releases that are left
// without a record: the patterns that apply to them, sorted.
func (s settings) notes(unlogged []ecosystem.Added) []string {
	if s.off != "" {
		return []string{fmt.Sprintf("checksum database: the feed keeps nothing of it (%s); its clients set GONOSUMDB='*', or GOSUMDB=off", s.off)}
	}
	var patterns []string
	for _, pattern := range s.unlogged {
		if slices.ContainsFunc(unlogged, func(one ecosystem.Added) bool { return module.MatchPrefixPatterns(pattern, one.Name) }) {
			patterns = append(patterns, pattern)
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	slices.Sort(patterns)
	return []string{fmt.Sprintf("checksum database: %s left without a record, as GONOSUMDB or GOPRIVATE says here; clients of the feed set %s",
		count(len(unlogged), "release"), noSumDB(slices.Compact(patterns)))}
}

// noSumDB returns the line that a shell or "go env -w" takes.
func noSumDB(patterns []string) string {
	line := "GONOSUMDB=" + strings.Join(patterns, ",")
	if strings.ContainsAny(line, "*?[\\ ") {
		line = "GONOSUMDB='" + strings.Join(patterns, ",") + "'"
	}
	return line
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
