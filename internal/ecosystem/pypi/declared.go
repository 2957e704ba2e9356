package pypi

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/lock"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// declared puts what an input says itself of its Python and its platforms in the
// place of the interpreter that happened to be on PATH.
func declared(pythons []python, settings *lock.Settings) []python {
	var all []python
	for _, one := range pythons {
		if !one.whole {
			all = append(all, one)
			continue
		}
		for _, own := range declaredBy(settings, &one) {
			if !slices.Contains(all, own) {
				all = append(all, own)
			}
		}
	}
	return all
}

// declaredBy returns what the settings of an input say. What they leave open is the
// given interpreter's; nil means that there is none, and what stays open is left
// out.
func declaredBy(settings *lock.Settings, open *python) []python {
	var all []python
	for _, e := range settings.Environments {
		one, ok := declaredPython(e.RequiresPython, settings.RequiresPython, open)
		if p, known := pdmPlatform(e.Platform); known && ok {
			one.Platform, one.whole = p, true
			all = append(all, one)
		}
	}
	if len(all) > 0 {
		return all
	}
	if one, ok := declaredPython("", settings.RequiresPython, open); ok {
		if open != nil {
			one.Platform, one.whole = open.Platform, true
		}
		return []python{one}
	}
	return nil
}

// declaredPython returns the only Python that specifiers allow, else the given one.
// A patch version of the given one that they allow is kept.
func declaredPython(own, general string, open *python) (python, bool) {
	for _, specifiers := range []string{own, general} {
		only, ok := onlyPython(specifiers)
		if ok && open != nil && open.Major == only.Major && open.Minor == only.Minor {
			return *open, true
		}
		if ok {
			return python{Target: only}, true
		}
	}
	if open == nil {
		return python{}, false
	}
	return *open, true
}

// onlyPython returns the one version of Python that specifiers allow, such as
// "==3.11.*".
func onlyPython(specifiers string) (wheel.Target, bool) {
	set, err := version.ParseSpecifiers(specifiers)
	if err != nil {
		return wheel.Target{}, false
	}
	for _, clause := range set.Clauses() {
		numbers := clause.Version.Release()
		if (clause.Operator == "==" || clause.Operator == "~=" && len(numbers) == 3) && len(numbers) >= 2 {
			t, err := wheel.ParsePython(strings.Join(numbers[:2], "."))
			return t, err == nil
		}
	}
	return wheel.Target{}, false
}

// pdmPlatforms are the platforms that pdm has words of its own for.
var pdmPlatforms = map[string]string{
	"linux": "manylinux_2_17_x86_64", "alpine": "musllinux_1_2_x86_64", "windows": "win_amd64", "windows_amd64": "win_amd64",
	"windows_arm64": "win_arm64", "windows_x86": "win32", "macos": "macosx_12_0_arm64", "macos_arm64": "macosx_12_0_arm64", "macos_x86_64": "macosx_12_0_x86_64",
}

// pdmPlatform reads the platform of a target in a pdm.lock.
func pdmPlatform(text string) (wheel.Platform, bool) {
	if word, ok := pdmPlatforms[text]; ok {
		text = word
	}
	p, err := wheel.ParsePlatform(text)
	return p, err == nil
}

// declaredByAll returns, as the option has it, what the inputs of a run say of
// their Python where there is no interpreter to ask. It is not ok unless all say
// something.
func declaredByAll(settings []json.RawMessage) (option string, ok bool) {
	var names []string
	for _, raw := range settings {
		read, err := lock.ParseSettings(raw)
		if err != nil {
			return "", false
		}
		own := declaredBy(&read, nil)
		for _, one := range own {
			name := pythonFlag(one.Target)
			if one.whole {
				name = one.Target.String()
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		if len(own) == 0 {
			return "", false
		}
	}
	slices.Sort(names)
	return strings.Join(names, ","), len(names) > 0
}
