package discover

import (
	"path/filepath"
	"strings"
)

// uvTable is [tool.uv], or uv.toml as a whole.
type uvTable struct {
	Index           []uvIndex `toml:"index"`
	IndexURL        string    `toml:"index-url"`
	ExtraIndexURL   []string  `toml:"extra-index-url"`
	FindLinks       []string  `toml:"find-links"`
	NoIndex         bool      `toml:"no-index"`
	KeyringProvider string    `toml:"keyring-provider"`

	at, base string
	near     bool // of the project
}

type uvIndex struct {
	Name     string `toml:"name"`
	URL      string `toml:"url"`
	Default  bool   `toml:"default"`
	Explicit bool   `toml:"explicit"`
	Format   string `toml:"format"`
}

// uv reads uv's settings. The project's are given; includes are the packages that
// are bound to an index by its name.
func (s *settings) uv(own projectUV) (tool, error) {
	tables := own.tables
	if !isTrue(s.env.Getenv("UV_NO_CONFIG")) {
		files := []string{filepath.Join(s.configHome(), "uv", "uv.toml")}
		if onWindows() {
			files = []string{filepath.Join(s.env.Getenv("APPDATA"), "uv", "uv.toml")}
		}
		for _, dir := range s.configDirs() {
			files = append(files, filepath.Join(dir, "uv", "uv.toml"))
		}
		files = append(files, "/etc/uv/uv.toml")
		if named := s.env.Getenv("UV_CONFIG_FILE"); named != "" {
			tables, files = nil, []string{named} // in the place of all others
		}
		for _, path := range files {
			table := uvTable{at: s.shown(path), base: filepath.Dir(path)}
			found, err := s.decode(path, &table)
			if err != nil {
				return tool{}, err
			}
			if found {
				tables = append(tables, table)
			}
		}
	}
	t := s.uvVariables()
	for _, table := range tables {
		table.add(&t, own.includes)
	}
	t.entries = onlyFirst(t.entries)
	return t, nil
}

// uvVariables reads the environment.
func (s *settings) uvVariables() tool {
	t := tool{noIndex: isTrue(s.env.Getenv("UV_NO_INDEX")), keyring: s.env.Getenv("UV_KEYRING_PROVIDER") == "subprocess"}
	add := func(variable, address string, r rank, isFlat bool) {
		one := entry{address: address, base: s.env.Dir, at: variable, rank: r, flat: isFlat}
		// NAME=URL; an address without a name may hold "=" only behind its scheme.
		if indexName, rest, ok := strings.Cut(address, "="); ok && !strings.ContainsAny(indexName, ":/") {
			one.name, one.address = indexName, rest
		}
		t.entries = append(t.entries, one)
	}
	for _, variable := range []string{"UV_INDEX", "UV_EXTRA_INDEX_URL"} {
		for address := range strings.FieldsSeq(s.env.Getenv(variable)) {
			add(variable, address, first, false)
		}
	}
	for _, variable := range []string{"UV_DEFAULT_INDEX", "UV_INDEX_URL"} {
		if address := strings.TrimSpace(s.env.Getenv(variable)); address != "" {
			add(variable, address, general, false)
			break
		}
	}
	for address := range strings.FieldsFuncSeq(s.env.Getenv("UV_FIND_LINKS"), func(r rune) bool { return r == ',' || r == ' ' }) {
		add("UV_FIND_LINKS", address, elsewhere, true)
	}
	return t
}

// add adds what a table names.
func (table *uvTable) add(t *tool, includes map[string][]string) {
	t.noIndex = t.noIndex || table.NoIndex
	t.keyring = t.keyring || table.KeyringProvider == "subprocess"
	add := func(one entry) {
		one.at, one.base = table.at, table.base
		if one.flat = one.flat || one.rank == elsewhere; one.rank == elsewhere && table.near {
			one.rank = near
		}
		if one.address != "" {
			t.entries = append(t.entries, one)
		}
	}
	for _, index := range table.Index {
		one := entry{address: index.URL, name: index.Name, rank: first, flat: index.Format == "flat", include: includes[index.Name]}
		switch {
		case index.Explicit && len(one.include) == 0:
			continue // for nobody
		case index.Explicit || len(one.include) > 0:
			one.rank = bound
			add(one)
			if index.Explicit {
				continue
			}
			one.include, one.rank = nil, first
		}
		if index.Default {
			one.rank = general
		}
		add(one)
	}
	for _, address := range table.ExtraIndexURL {
		add(entry{address: address, rank: first})
	}
	if table.IndexURL != "" {
		add(entry{address: table.IndexURL, rank: general})
	}
	for _, address := range table.FindLinks {
		add(entry{address: address, rank: elsewhere})
	}
}

// onlyFirst keeps of several default indexes, and of several with a name, the
// first.
func onlyFirst(entries []entry) []entry {
	var kept []entry
	defaults := false
	addresses := map[string]string{}
	for _, one := range entries {
		if known, ok := addresses[one.name]; ok && one.name != "" && known != one.address {
			continue
		}
		if one.rank == general && defaults {
			continue
		}
		defaults = defaults || one.rank == general
		addresses[one.name] = one.address
		kept = append(kept, one)
	}
	return kept
}
