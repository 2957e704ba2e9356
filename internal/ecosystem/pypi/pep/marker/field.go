package marker

import "strings"

// field is one of the names that a marker can compare.
type field uint8

const (
	fieldOSName field = iota
	fieldSysPlatform
	fieldPlatformMachine
	fieldPlatformPythonImplementation
	fieldPlatformRelease
	fieldPlatformSystem
	fieldPlatformVersion
	fieldPythonVersion
	fieldPythonFullVersion
	fieldImplementationName
	fieldImplementationVersion
	fieldExtra
	fieldExtras           // a set, in lock files (PEP 751)
	fieldDependencyGroups // the same
	fieldCount
)

var fieldNames = [fieldCount]string{
	"os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_release", "platform_system",
	"platform_version", "python_version", "python_full_version", "implementation_name", "implementation_version", "extra",
	"extras", "dependency_groups",
}

func (f field) String() string { return fieldNames[f] }

// isVersion reports whether values of a field are compared as versions.
func (f field) isVersion() bool {
	switch f {
	case fieldPythonVersion, fieldPythonFullVersion, fieldImplementationVersion, fieldPlatformRelease:
		return true
	}
	return false
}

// isSet reports whether a field holds several names, and allows "in" alone.
func (f field) isSet() bool { return f == fieldExtras || f == fieldDependencyGroups }

// lookupField finds a field by its name, or by the name that it had before PEP 508
// (os.name, python_implementation).
func lookupField(name string) (field, bool) {
	name = strings.ReplaceAll(name, ".", "_")
	if name == "python_implementation" {
		return fieldPlatformPythonImplementation, true
	}
	for f, known := range fieldNames {
		if known == name {
			return field(f), true
		}
	}
	return 0, false
}
