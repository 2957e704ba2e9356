package marker

import (
	"fmt"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/version"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/wheel"
)

// Environment holds the eleven fields of PEP 508 that describe an interpreter and
// its machine.
type Environment struct {
	values   [fieldExtra]string
	versions [fieldExtra]version.Version // of those fields that are compared as versions; zero where the value is none
}

// NewEnvironment describes a target. What a target leaves open gets the lowest
// value that it allows: Python 3.11 is 3.11.0. The release of Linux and Windows
// and platform_version are "", as nothing can be known of them.
func NewEnvironment(t wheel.Target) *Environment {
	full := fmt.Sprintf("%d.%d.%d", t.Major, t.Minor, max(t.Micro, 0))
	e := &Environment{}
	e.set(fieldPythonVersion, fmt.Sprintf("%d.%d", t.Major, t.Minor))
	e.set(fieldPythonFullVersion, full)
	e.set(fieldImplementationName, "cpython")
	e.set(fieldImplementationVersion, full)
	e.set(fieldPlatformPythonImplementation, "CPython")
	if t.Implementation == wheel.PyPy {
		e.set(fieldImplementationName, "pypy")
		e.set(fieldImplementationVersion, "7.3.0") // what the ABI of its tags says: pp73
		e.set(fieldPlatformPythonImplementation, "PyPy")
	}
	e.setPlatform(t.Platform)
	return e
}

func (e *Environment) setPlatform(p wheel.Platform) {
	e.set(fieldPlatformMachine, p.Arch)
	switch p.System {
	case wheel.Windows:
		e.setSystem("nt", "win32", "Windows")
		e.set(fieldPlatformMachine, map[string]string{"amd64": "AMD64", "arm64": "ARM64", "arm32": "ARM", "32": "x86"}[p.Arch])
	case wheel.MacOS:
		e.setSystem("posix", "darwin", "Darwin")
		e.set(fieldPlatformRelease, fmt.Sprintf("%d.0.0", darwin(p)))
	default:
		e.setSystem("posix", "linux", "Linux")
	}
}

func (e *Environment) setSystem(osName, sysPlatform, platformSystem string) {
	e.set(fieldOSName, osName)
	e.set(fieldSysPlatform, sysPlatform)
	e.set(fieldPlatformSystem, platformSystem)
}

// darwin returns the major version of the kernel that a macOS runs: 10.15 has 19,
// 11 to 15 have 20 to 24, and 26, which came next, has 25.
func darwin(p wheel.Platform) int {
	switch {
	case p.Major == 10:
		return p.Minor + 4
	case p.Major >= 26:
		return p.Major - 1
	}
	return p.Major + 9
}

// EnvironmentOf describes an interpreter by the values of its fields, as it tells
// them itself. A field that is missing or unknown is an error.
func EnvironmentOf(values map[string]string) (*Environment, error) {
	e := &Environment{}
	for name, value := range values {
		f, ok := lookupField(name)
		if !ok || f >= fieldExtra {
			return nil, fmt.Errorf("environment: %q is no field of PEP 508", name)
		}
		e.set(f, value)
	}
	for f := range fieldExtra {
		if _, ok := values[f.String()]; !ok {
			return nil, fmt.Errorf("environment: the field %s is missing", f)
		}
	}
	return e, nil
}

func (e *Environment) set(f field, value string) {
	e.values[f], e.versions[f] = value, version.Version{}
	if f.isVersion() {
		text := value
		if f == fieldPythonFullVersion && text != "" && text[len(text)-1] == '+' {
			text += "local" // what interpreters built between two releases say
		}
		if v, err := version.Parse(text); err == nil {
			e.versions[f] = v
		}
	}
}

func (e *Environment) value(f field) string { return e.values[f] }

func (e *Environment) version(f field) version.Version { return e.versions[f] }

// Values returns the fields by their names.
func (e *Environment) Values() map[string]string {
	values := make(map[string]string, len(e.values))
	for f := range fieldExtra {
		values[f.String()] = e.values[f]
	}
	return values
}

// PythonVersion returns the full version of the language, which Requires-Python is
// compared with.
func (e *Environment) PythonVersion() version.Version { return e.versions[fieldPythonFullVersion] }
