package config

import (
	"cmp"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/feedctl/feedctl/internal/web"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxJobs is how many downloads at once can be asked for.
const maxJobs = 512

// AddPersistentFlags defines the flags of every command.
func AddPersistentFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "configuration file (default: the nearest "+FileName+", upwards)")
	flags.String("cache-dir", "", "folder of the metadata cache")
}

// AddMirrorFlags defines the flags of the commands that read inputs and ask
// upstreams.
func AddMirrorFlags(flags *pflag.FlagSet) {
	flags.String("to", "", "folder of the feed")
	flags.String("base-url", "", "URL at which the feed's folder is served; empty keeps the upstreams' own addresses")
	flags.StringArray("platform", nil, "keep the files of this platform only: os/arch[/libc] (repeatable)")
	flags.StringArray("extra", nil, "optional documents to write (repeatable)")
	flags.Int("jobs", 0, "downloads at once; 0 lets feedctl choose")
	flags.String("max-age", "", "use cached metadata younger than this without asking, such as 24h or 7d (default 24h)")
	flags.Bool("offline", false, "ask no upstream")
	flags.Bool("locked-only", false, "add no platform variants that a lock lacks")
	flags.Bool("skip-unsupported", false, "go on though some entries are in no registry")
}

// key is a setting that a flag and a variable can give as well as the file.
type key struct {
	name string // in the file; the variable is FEEDCTL_NAME
	flag string // empty when there is none
	read func(text string) (any, error)
}

func keys() []key {
	return []key{
		{"to", "to", asText},
		{"base_url", "base-url", asText},
		{"platforms", "platform", asList},
		{"extras", "extra", asList},
		{"inputs", "", asList},
		{"jobs", "jobs", func(text string) (any, error) { return parseInt("!!int", text) }},
		{"max_age", "max-age", func(text string) (any, error) { return parseAge("", text) }},
		{"offline", "offline", asBool},
		{"locked_only", "locked-only", asBool},
		{"skip_unsupported", "skip-unsupported", asBool},
		{"cache_dir", "cache-dir", asText},
	}
}

func asText(text string) (any, error) { return text, nil }

func asList(text string) (any, error) {
	var elements []string
	for element := range strings.SplitSeq(text, ",") {
		if element = strings.TrimSpace(element); element != "" {
			elements = append(elements, element)
		}
	}
	return elements, nil
}

func asBool(text string) (any, error) {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return nil, errBool
	}
	return b, nil
}

// settings merges defaults, file, variables and flags.
func (l *loader) settings(c *Config, doc document) {
	v := viper.New()
	v.SetDefault("max_age", web.DefaultMaxAge)
	if dir, err := os.UserCacheDir(); err == nil {
		v.SetDefault("cache_dir", filepath.Join(dir, "feedctl"))
	}
	_ = v.MergeConfigMap(l.fromFile(doc))      // maps of plain values cannot fail to merge
	_ = v.MergeConfigMap(l.fromVariables())    // the same
	_ = v.MergeConfigMap(l.fromFlags(l.flags)) // the same
	c.To, c.CacheDir = v.GetString("to"), v.GetString("cache_dir")
	c.Platforms, c.Extras, c.Inputs = texts(v, "platforms"), texts(v, "extras"), texts(v, "inputs")
	c.Jobs, c.MaxAge = v.GetInt("jobs"), v.GetDuration("max_age")
	c.Offline, c.LockedOnly, c.SkipUnsupported = v.GetBool("offline"), v.GetBool("locked_only"), v.GetBool("skip_unsupported")
	if v.IsSet("base_url") {
		base := v.GetString("base_url")
		c.BaseURL = &base
	}
	c.Options = l.options(doc)
}

func texts(v *viper.Viper, key string) []string {
	elements, _ := v.Get(key).([]string)
	return slices.Clone(elements)
}

// fromFile returns what the file sets, checked.
func (l *loader) fromFile(doc document) map[string]any {
	m := map[string]any{}
	l.putPath(m, "to", doc.To)
	l.putPath(m, "cache_dir", doc.CacheDir)
	if doc.BaseURL.line > 0 && !doc.BaseURL.bad {
		base, text := checkBase(doc.BaseURL.v)
		if text != "" {
			l.problems.at(doc.BaseURL.line, "base_url: %s", text)
		}
		m["base_url"] = base
	}
	l.putList(m, "platforms", doc.Platforms, checkPlatform)
	l.putList(m, "extras", doc.Extras, nil)
	l.putList(m, "inputs", doc.Inputs, nil)
	if inputs, ok := m["inputs"].([]string); ok {
		for i := range inputs {
			inputs[i] = l.input(inputs[i])
		}
	}
	if doc.Jobs.line > 0 {
		if text := checkJobs(doc.Jobs.v); text != "" {
			l.problems.at(doc.Jobs.line, "jobs: %s", text)
		}
	}
	put(m, "jobs", doc.Jobs)
	put(m, "max_age", doc.MaxAge)
	put(m, "offline", doc.Offline)
	put(m, "locked_only", doc.LockedOnly)
	put(m, "skip_unsupported", doc.SkipUnsupported)
	return m
}

func put[T any](m map[string]any, key string, v value[T]) {
	if v.line > 0 && !v.bad {
		m[key] = v.v
	}
}

func (l *loader) putPath(m map[string]any, key string, v value[string]) {
	if v.line == 0 || v.bad {
		return
	}
	if v.v == "" || strings.Contains(v.v, "${") {
		l.problems.at(v.line, "%s: want the path of a folder, in which nothing is replaced", key)
	}
	m[key] = l.inFolder(v.v)
}

func (l *loader) putList(m map[string]any, key string, all list, check func(string) string) {
	if all.line == 0 {
		return
	}
	elements := []string{}
	for _, element := range all.values {
		text := ""
		switch {
		case element.bad:
		case element.v == "":
			text = "an element is empty"
		case check != nil:
			text = check(element.v)
		}
		if text != "" {
			l.problems.at(element.line, "%s: %s", key, text)
		}
		elements = append(elements, element.v)
	}
	m[key] = elements
}

var schemeOfInput = regexp.MustCompile(`^[a-z][a-z0-9+.-]+:`)

// input is an input of the file: a path in its folder, unless it names a package.
func (l *loader) input(text string) string {
	if text == "-" || schemeOfInput.MatchString(text) {
		return text
	}
	return l.inFolder(text)
}

// fromVariables returns what FEEDCTL_* variables set.
func (l *loader) fromVariables() map[string]any {
	m := map[string]any{}
	for _, k := range keys() {
		name := "FEEDCTL_" + strings.ToUpper(k.name)
		if text, ok := l.getenv(name); ok {
			l.read(m, k, name, text)
		}
	}
	return m
}

// fromFlags returns what flags set that were given.
func (l *loader) fromFlags(flags *pflag.FlagSet) map[string]any {
	m := map[string]any{}
	for _, k := range keys() {
		flag := flags.Lookup(k.flag)
		if k.flag == "" || flag == nil || !flag.Changed {
			continue
		}
		if elements, ok := flag.Value.(pflag.SliceValue); ok {
			l.read(m, k, "--"+k.flag, strings.Join(elements.GetSlice(), ","))
			continue
		}
		l.read(m, k, "--"+k.flag, flag.Value.String())
	}
	return m
}

// read puts one text into m, checked.
func (l *loader) read(m map[string]any, k key, where, text string) {
	v, err := k.read(text)
	if err != nil {
		l.problems.in(where, "%v", err)
		return
	}
	wrong := ""
	switch x := v.(type) {
	case int:
		wrong = checkJobs(x)
	case []string:
		if k.name == "platforms" {
			for _, element := range x {
				wrong = cmp.Or(wrong, checkPlatform(element))
			}
		}
	case string:
		if k.name == "base_url" {
			v, wrong = checkBase(x)
		}
	}
	if wrong != "" {
		l.problems.in(where, "%s", wrong)
	}
	m[k.name] = v
}

func checkJobs(n int) string {
	if n < 0 || n > maxJobs {
		return "want 0 to " + strconv.Itoa(maxJobs)
	}
	return ""
}

func checkPlatform(text string) string {
	if _, err := feed.ParseTarget(text); err != nil {
		return err.Error()
	}
	return ""
}

// checkBase returns the URL without slashes at its end, or what is wrong with it.
func checkBase(text string) (base, wrong string) {
	if text == "" {
		return "", ""
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "want http(s)://HOST[:PORT][/PATH], the address at which the feed's folder is served"
	}
	return strings.TrimRight(u.String(), "/"), ""
}

// options merges the ecosystems' own options.
func (l *loader) options(doc document) map[string]map[string]string {
	merged := map[string]map[string]string{}
	set := func(ecosystem, option, text string) {
		if merged[ecosystem] == nil {
			merged[ecosystem] = map[string]string{}
		}
		merged[ecosystem][option] = text
	}
	for _, e := range l.ecosystems {
		for option, text := range doc.options[e.Name] {
			set(e.Name, option, text)
		}
		for option := range e.Options {
			name := "FEEDCTL_" + strings.ToUpper(strings.ReplaceAll(e.Name+"_"+option, "-", "_"))
			if text, ok := l.getenv(name); ok {
				set(e.Name, option, text)
			}
		}
	}
	return merged
}
