// Package wheel reads the names of Python distributions (PEP 427, 625) and decides
// which of them a target installs: the compatibility tags of a target in order of
// preference (PEP 425, 600, 656).
package wheel

import (
	"fmt"
	"strconv"
	"strings"
)

// Implementations of Python that have tags of their own.
const (
	CPython = "cpython"
	PyPy    = "pypy"
)

// Target is what a consumer runs: an interpreter on a platform.
type Target struct {
	Implementation string // CPython or PyPy; "" is CPython
	Major, Minor   int    // of the language: 3 and 11
	Micro          int    // -1 where any will do
	Threads        bool   // a free-threaded build, abi "cp313t"
	Debug          bool   // a debug build, abi "cp311d"
	Platform       Platform
}

// ParseTarget reads an interpreter (see ParsePython) and a platform (see
// ParsePlatform).
func ParseTarget(python, platform string) (Target, error) {
	t, err := ParsePython(python)
	if err != nil {
		return Target{}, err
	}
	t.Platform, err = ParsePlatform(platform)
	return t, err
}

// ParsePython reads an interpreter without its platform: a version of the language
// ("3.11", "3.11.7", "3.13t") with or without the name of an implementation
// ("cpython3.11", "pypy3.10"), or a tag ("cp311", "cp313t", "pp310").
func ParsePython(text string) (Target, error) {
	rest := strings.ToLower(strings.TrimSpace(text))
	t := Target{Implementation: CPython, Micro: -1}
	tag := false
	for _, prefix := range []struct {
		text, implementation string
		tag                  bool
	}{
		{"cpython", CPython, false},
		{"pypy", PyPy, false},
		{"python", CPython, false},
		{"cp", CPython, true},
		{"pp", PyPy, true},
		{"py", CPython, true},
	} {
		if after, ok := strings.CutPrefix(rest, prefix.text); ok {
			t.Implementation, rest, tag = prefix.implementation, strings.TrimLeft(after, "-@"), prefix.tag
			break
		}
	}
	rest = t.cutFlags(rest)
	if tag && !strings.Contains(rest, ".") && len(rest) > 1 {
		rest = rest[:1] + "." + strings.ReplaceAll(rest[1:], "_", ".")
	}
	if !t.numbers(rest) || t.Threads && (t.Implementation != CPython || t.Minor < 13) {
		return Target{}, fmt.Errorf("python %q: want a version of Python 3 such as 3.11, 3.11.7, 3.13t, pypy3.10 or the tag cp311", text)
	}
	return t, nil
}

// cutFlags takes the letters of special builds off the end.
func (t *Target) cutFlags(text string) string {
	text, t.Debug = strings.CutSuffix(text, "d")
	text, t.Threads = strings.CutSuffix(text, "t")
	return text
}

func (t *Target) numbers(text string) bool {
	parts := strings.Split(text, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return false
	}
	numbers := [3]int{2: -1}
	for i, part := range parts {
		number, ok := smallNumber(part)
		if !ok {
			return false
		}
		numbers[i] = number
	}
	t.Major, t.Minor, t.Micro = numbers[0], numbers[1], numbers[2]
	return t.Major == 3 && t.Minor >= 2
}

// smallNumber reads a decimal number of at most three digits.
func smallNumber(text string) (int, bool) {
	if text == "" || len(text) > 3 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	number, err := strconv.Atoi(text)
	return number, err == nil
}

// Python returns the version of the language: "3.11", or "3.11.7" where the target
// says which.
func (t Target) Python() string {
	text := fmt.Sprintf("%d.%d", t.Major, t.Minor)
	if t.Micro >= 0 {
		text += "." + strconv.Itoa(t.Micro)
	}
	return text
}

// Interpreter returns the first part of the tags of the target: "cp311", "pp310".
func (t Target) Interpreter() string {
	prefix := "cp"
	if t.Implementation == PyPy {
		prefix = "pp"
	}
	return fmt.Sprintf("%s%d%d", prefix, t.Major, t.Minor)
}

// String returns the name of the target, which has no dot and can be part of a
// file name: "cp311-manylinux_2_28_x86_64", "cp313t-win_amd64",
// "cp311_7-macosx_14_0_arm64" for Python 3.11.7. ParseName reads it.
func (t Target) String() string {
	name := t.Interpreter()
	if t.Micro >= 0 {
		name += "_" + strconv.Itoa(t.Micro)
	}
	if t.Threads {
		name += "t"
	}
	if t.Debug {
		name += "d"
	}
	return name + "-" + t.Platform.String()
}

// ParseName reads the name that String returns.
func ParseName(name string) (Target, error) {
	python, platform, ok := strings.Cut(name, "-")
	if !ok {
		return Target{}, fmt.Errorf("target %q: want an interpreter and a platform, such as cp311-manylinux_2_28_x86_64", name)
	}
	return ParseTarget(python, platform)
}
