package discover

import (
	"cmp"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// setting is one value, and where it was found.
type setting struct{ value, at, base string }

// pip reads pip's settings.
func (s *settings) pip() (tool, error) {
	values := map[string]setting{}
	for _, path := range s.pipFiles() {
		data, err := s.readFile(path)
		if err != nil {
			return tool{}, err
		}
		sections := parseINI(string(data))
		for _, section := range []string{"global", "install"} {
			for key, value := range sections[section] {
				values[strings.ReplaceAll(key, "_", "-")] = setting{value, s.shown(path), s.env.Dir}
			}
		}
	}
	for _, key := range []string{"index-url", "extra-index-url", "find-links", "no-index", "cert", "client-cert", "keyring-provider"} {
		variable := "PIP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))
		if value := s.env.Getenv(variable); value != "" {
			values[key] = setting{value, variable, s.env.Dir}
		}
	}
	return s.pipTool(values), nil
}

func (s *settings) pipTool(values map[string]setting) tool {
	t := tool{noIndex: isTrue(values["no-index"].value), certificate: values["client-cert"].value}
	if authority := values["cert"].value; authority != "" {
		t.authorities = []string{authority}
	}
	provider := values["keyring-provider"].value
	t.keyring = provider == "subprocess" || provider == "import"
	for _, key := range []struct {
		name string
		rank rank
	}{{"index-url", general}, {"extra-index-url", extra}, {"find-links", elsewhere}} {
		set := values[key.name]
		for address := range strings.FieldsSeq(set.value) {
			t.entries = append(t.entries, entry{address: address, base: set.base, at: set.at, rank: key.rank, flat: key.rank == elsewhere})
		}
	}
	return t
}

// isTrue reads a switch as pip does.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "1", "y", "yes", "t", "true", "on":
		return true
	}
	return false
}

// pipFiles returns the files with pip's settings, the most important last: of the
// machine, the user, the virtual environment, and the one that a variable names.
func (s *settings) pipFiles() []string {
	named := s.env.Getenv("PIP_CONFIG_FILE")
	if named == os.DevNull {
		return nil
	}
	base := "pip.conf"
	if onWindows() {
		base = "pip.ini"
	}
	files := append(s.pipMachine(base), s.pipUser(base)...)
	if prefix := cmp.Or(s.env.Getenv("VIRTUAL_ENV"), s.env.Getenv("CONDA_PREFIX")); prefix != "" {
		files = append(files, filepath.Join(prefix, base))
	}
	if named != "" {
		files = append(files, named)
	}
	return files
}

func (s *settings) pipMachine(base string) []string {
	switch runtime.GOOS {
	case "windows":
		return []string{filepath.Join(cmp.Or(s.env.Getenv("ProgramData"), `C:\ProgramData`), "pip", base)}
	case "darwin":
		return []string{filepath.Join("/Library/Application Support/pip", base)}
	}
	var files []string
	for _, dir := range s.configDirs() {
		files = append(files, filepath.Join(dir, "pip", base))
	}
	return append(files, filepath.Join("/etc", base))
}

func (s *settings) pipUser(base string) []string {
	if s.env.Home == "" {
		return nil
	}
	switch runtime.GOOS {
	case "windows":
		return []string{s.below("pip", base), filepath.Join(cmp.Or(s.env.Getenv("APPDATA"), s.below("AppData", "Roaming")), "pip", base)}
	case "darwin":
		return []string{s.below(".pip", base), s.below(".config", "pip", base), s.below("Library", "Application Support", "pip", base)}
	}
	return []string{s.below(".pip", base), filepath.Join(s.configHome(), "pip", base)}
}

// parseINI reads the sections of an ini file as Python's configparser does
// without interpolation: "key = value" or "key: value", comments in lines of their
// own, and lines that are further in than the key, which go on with its value.
func parseINI(text string) map[string]map[string]string {
	sections := map[string]map[string]string{}
	section, key := "", ""
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "":
			continue
		case trimmed[0] == '#' || trimmed[0] == ';':
			continue
		case line[0] == ' ' || line[0] == '\t':
			if key != "" {
				sections[section][key] = strings.TrimSpace(sections[section][key] + "\n" + trimmed)
			}
			continue
		case trimmed[0] == '[' && strings.HasSuffix(trimmed, "]"):
			section, key = trimmed[1:len(trimmed)-1], ""
			if sections[section] == nil {
				sections[section] = map[string]string{}
			}
			continue
		}
		at := strings.IndexAny(trimmed, "=:")
		if at <= 0 || sections[section] == nil {
			key = ""
			continue
		}
		key = strings.ToLower(strings.TrimSpace(trimmed[:at]))
		sections[section][key] = strings.TrimSpace(trimmed[at+1:])
	}
	return sections
}
