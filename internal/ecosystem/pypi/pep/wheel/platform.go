package wheel

import (
	"fmt"
	"strings"

	"github.com/feedctl/feedctl/pkg/feed"
)

// System is the family of a platform.
type System string

// The systems that have wheels on public indexes.
const (
	Manylinux System = "manylinux" // Linux with glibc; the version is that of glibc
	Musllinux System = "musllinux" // Linux with musl; the version is that of musl
	MacOS     System = "macosx"    // the version is that of macOS
	Windows   System = "win"       // no version
)

// Platform is an operating system and a processor, in the terms of wheel tags.
type Platform struct {
	System       System
	Major, Minor int
	Arch         string // "x86_64", "aarch64", "arm64", "amd64", "i686", "32" …: as the system's tags spell it
}

// defaults are the versions of those targets that name none: the oldest systems
// that current wheels are built for.
var defaults = map[System][2]int{Manylinux: {2, 28}, Musllinux: {1, 2}, MacOS: {14, 0}}

var legacyManylinux = map[string][2]int{"manylinux1": {2, 5}, "manylinux2010": {2, 12}, "manylinux2014": {2, 17}}

// String returns the platform's own tag: "manylinux_2_28_x86_64", "win_amd64",
// "win32".
func (p Platform) String() string {
	if p.System == Windows {
		if p.Arch == "32" {
			return "win32"
		}
		return "win_" + p.Arch
	}
	return fmt.Sprintf("%s_%d_%d_%s", p.System, p.Major, p.Minor, p.Arch)
}

// ParsePlatform reads a platform: a wheel tag ("manylinux_2_28_x86_64",
// "manylinux2014_aarch64", "musllinux_1_2_x86_64", "macosx_14_0_arm64",
// "win_amd64", "win32", "linux_x86_64"), or a system and a processor
// ("linux/amd64", "linux/amd64/glibc-2.28", "linux/arm64/musl-1.2", "macos/arm64",
// "macos-14.0/arm64", "windows/amd64"). What names no version gets glibc 2.28,
// musl 1.2 or macOS 14.
func ParsePlatform(text string) (Platform, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	if strings.Contains(name, "/") {
		return parseSlashed(text, name)
	}
	p, ok := parseTag(name)
	if !ok {
		return Platform{}, unknownPlatform(text)
	}
	return p, nil
}

func unknownPlatform(text string) error {
	return fmt.Errorf("platform %q: want a wheel tag such as manylinux_2_28_x86_64, musllinux_1_2_x86_64, macosx_14_0_arm64 or win_amd64, or linux/amd64/glibc-2.28, linux/amd64/musl-1.2, macos/arm64, windows/amd64", text)
}

func parseTag(name string) (Platform, bool) {
	if name == "win32" {
		return Platform{System: Windows, Arch: "32"}, true
	}
	system, rest, _ := strings.Cut(name, "_")
	if version, ok := legacyManylinux[system]; ok {
		return checked(Platform{Manylinux, version[0], version[1], rest})
	}
	switch System(system) {
	case Windows:
		return checked(Platform{System: Windows, Arch: rest})
	case "linux":
		return checked(Platform{Manylinux, defaults[Manylinux][0], defaults[Manylinux][1], rest})
	case Manylinux, Musllinux, MacOS:
		major, rest, _ := strings.Cut(rest, "_")
		minor, arch, _ := strings.Cut(rest, "_")
		m, ok := smallNumber(major)
		n, also := smallNumber(minor)
		if ok && also {
			return checked(Platform{System(system), m, n, arch})
		}
	}
	return Platform{}, false
}

// arches holds the processors of each system as wheel tags spell them, with Go's
// name.
var arches = map[System]map[string]string{
	Manylinux: linuxArches,
	Musllinux: linuxArches,
	MacOS:     {"x86_64": "amd64", "arm64": "arm64"},
	Windows:   {"amd64": "amd64", "arm64": "arm64", "32": "386", "arm32": "arm"},
}

var linuxArches = map[string]string{
	"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm", "ppc64le": "ppc64le", "ppc64": "ppc64",
	"s390x": "s390x", "riscv64": "riscv64", "loongarch64": "loong64",
}

func checked(p Platform) (Platform, bool) {
	_, known := arches[p.System][p.Arch]
	return p, known && plausible(p)
}

// plausible keeps the number of tags small: versions of the C library and of macOS
// are low numbers.
func plausible(p Platform) bool {
	switch p.System {
	case Manylinux:
		return p.Major == 2 && p.Minor >= 5
	case Musllinux:
		return p.Major == 1
	case MacOS:
		return p.Major == 10 && p.Minor >= 4 && p.Minor <= 16 || p.Major >= 11 && p.Major <= 99
	}
	return true
}

// parseSlashed reads feedctl's own notation of targets, and "macos-14.0/arm64".
func parseSlashed(text, name string) (Platform, error) {
	system, rest, _ := strings.Cut(name, "/")
	system, version, hasVersion := strings.Cut(system, "-")
	t, err := feed.ParseTarget(system + "/" + rest)
	if err != nil {
		return Platform{}, fmt.Errorf("%w; or a wheel tag such as manylinux_2_28_x86_64", err)
	}
	p, err := FromFeed(t)
	if err != nil || !hasVersion {
		return p, err
	}
	var ok bool
	if p.Major, p.Minor, ok = twoNumbers(version); ok && p.System == MacOS {
		if p, ok = checked(p); ok {
			return p, nil
		}
	}
	return Platform{}, unknownPlatform(text)
}

func twoNumbers(version string) (major, minor int, ok bool) {
	first, second, both := strings.Cut(version, ".")
	major, ok = smallNumber(first)
	if both && ok {
		minor, ok = smallNumber(second)
	}
	return major, minor, ok
}

// FromFeed returns the platform of a target in feedctl's terms. Linux without a C
// library is taken for glibc; what has no version gets the one of ParsePlatform.
func FromFeed(t feed.Target) (Platform, error) {
	var p Platform
	switch t.OS {
	case "linux":
		p.System = Manylinux
		if t.Libc == "musl" {
			p.System = Musllinux
		}
	case "darwin":
		p.System = MacOS
	case "windows":
		p.System = Windows
	}
	p.Major, p.Minor = defaults[p.System][0], defaults[p.System][1]
	if t.LibcVersion != "" && t.OS == "linux" {
		var ok bool
		if p.Major, p.Minor, ok = twoNumbers(t.LibcVersion); !ok {
			return Platform{}, unknownPlatform(t.String())
		}
	}
	for arch, name := range arches[p.System] {
		if name == t.Arch || arch == t.Arch {
			p.Arch = arch
		}
	}
	p, ok := checked(p)
	if !ok {
		return Platform{}, unknownPlatform(t.String())
	}
	return p, nil
}

// Feed returns the platform in feedctl's terms. The version of macOS has no place
// there and is lost.
func (p Platform) Feed() feed.Target {
	t := feed.Target{OS: "linux", Arch: arches[p.System][p.Arch]}
	switch p.System {
	case Windows:
		t.OS = "windows"
	case MacOS:
		t.OS = "darwin"
	case Manylinux:
		t.Libc, t.LibcVersion = "glibc", fmt.Sprintf("%d.%d", p.Major, p.Minor)
	case Musllinux:
		t.Libc, t.LibcVersion = "musl", fmt.Sprintf("%d.%d", p.Major, p.Minor)
	}
	return t
}
