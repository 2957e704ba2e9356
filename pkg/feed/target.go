package feed

import (
	"fmt"
	"regexp"
	"strings"
)

// Target is what a consumer runs on. OS and Arch use Go's names ("linux",
// "darwin", "windows"; "amd64", "arm64", "386"); Libc is "glibc" or "musl", and
// LibcVersion its version ("2.28"), both optional; so is OSVersion ("14.0" of
// macOS).
type Target struct {
	OS          string `json:"os"`
	OSVersion   string `json:"os_version,omitempty"`
	Arch        string `json:"arch"`
	Libc        string `json:"libc,omitempty"`
	LibcVersion string `json:"libc_version,omitempty"`
}

func (t Target) String() string {
	text := t.OS
	if t.OSVersion != "" {
		text += "-" + t.OSVersion
	}
	text += "/" + t.Arch
	if t.Libc != "" {
		text += "/" + t.Libc
	}
	if t.LibcVersion != "" {
		text += "-" + t.LibcVersion
	}
	return text
}

var (
	osNames   = map[string]string{"win32": "windows", "win": "windows", "macos": "darwin", "macosx": "darwin", "osx": "darwin"}
	archNames = map[string]string{
		"x64": "amd64", "x86_64": "amd64", "aarch64": "arm64", "ia32": "386", "x86": "386", "i686": "386", "i386": "386", "32": "386",
		"armv7l": "arm", "armv7": "arm", "loongarch64": "loong64", "riscv64gc": "riscv64", "powerpc64le": "ppc64le",
	}
	manylinux = map[string]string{"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}
)

// ParseTarget reads "os[-version]/arch[/libc[-version]]" in feedctl's notation or
// with the names that npm, Python or Rust use for the same things; a platform tag
// of a Python wheel (manylinux_2_28_x86_64, musllinux_1_2_aarch64,
// macosx_14_0_arm64, win_amd64); a Rust target (x86_64-unknown-linux-musl); a .NET
// runtime identifier (linux-musl-x64, osx-arm64).
func ParseTarget(text string) (Target, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	for _, read := range []func(string) (Target, bool){slashed, wheelTag, rustTarget, runtimeIdentifier} {
		if t, ok := read(name); ok {
			return t.canonical(), nil
		}
	}
	if parts := strings.Split(name, "/"); len(parts) == 3 && parts[2] != "" {
		return Target{}, fmt.Errorf("platform %q: unknown libc %q; glibc and musl are known", text, parts[2])
	}
	return Target{}, fmt.Errorf("platform %q: want os/arch or os/arch/libc, such as linux/amd64 or linux/arm64/musl, "+
		"a wheel's platform such as manylinux_2_28_x86_64, or a Rust target", text)
}

func (t Target) canonical() Target {
	if name, ok := osNames[t.OS]; ok {
		t.OS = name
	}
	if name, ok := archNames[t.Arch]; ok {
		t.Arch = name
	}
	return t
}

func slashed(text string) (Target, bool) {
	parts := strings.Split(text, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return Target{}, false
	}
	t := Target{Arch: parts[1]}
	t.OS, t.OSVersion, _ = strings.Cut(parts[0], "-")
	if len(parts) == 3 {
		t.Libc, t.LibcVersion, _ = strings.Cut(parts[2], "-")
		if t.Libc != "glibc" && t.Libc != "musl" {
			return Target{}, false
		}
	}
	return t, t.OS != "" && t.Arch != ""
}

var (
	versionedTag = regexp.MustCompile(`^(manylinux|musllinux|macosx)_(\d{1,3})_(\d{1,3})_([a-z0-9_]+)$`)
	legacyTag    = regexp.MustCompile(`^(manylinux1|manylinux2010|manylinux2014|linux|win)_([a-z0-9_]+)$`)
)

func wheelTag(text string) (Target, bool) {
	if text == "win32" {
		return Target{OS: "windows", Arch: "386"}, true
	}
	if m := versionedTag.FindStringSubmatch(text); m != nil {
		version := m[2] + "." + m[3]
		switch m[1] {
		case "manylinux":
			return Target{OS: "linux", Arch: m[4], Libc: "glibc", LibcVersion: version}, true
		case "musllinux":
			return Target{OS: "linux", Arch: m[4], Libc: "musl", LibcVersion: version}, true
		}
		return Target{OS: "darwin", OSVersion: version, Arch: m[4]}, true
	}
	if m := legacyTag.FindStringSubmatch(text); m != nil {
		if glibc, ok := manylinux[m[1]]; ok {
			return Target{OS: "linux", Arch: m[2], Libc: "glibc", LibcVersion: glibc}, true
		}
		return Target{OS: m[1], Arch: m[2]}, true
	}
	return Target{}, false
}

var triple = regexp.MustCompile(`^([a-z0-9_]+)-(unknown|pc|apple)-(linux|windows|darwin)(-(gnu|musl|msvc)[a-z]*)?$`)

func rustTarget(text string) (Target, bool) {
	m := triple.FindStringSubmatch(text)
	if m == nil {
		return Target{}, false
	}
	t := Target{OS: m[3], Arch: m[1]}
	if t.OS == "linux" {
		t.Libc = map[string]string{"gnu": "glibc", "musl": "musl"}[m[5]]
	}
	return t, true
}

var identifier = regexp.MustCompile(`^(linux|win|osx)(-musl)?-(x64|x86|arm|arm64)$`)

func runtimeIdentifier(text string) (Target, bool) {
	m := identifier.FindStringSubmatch(text)
	if m == nil {
		return Target{}, false
	}
	return Target{OS: m[1], Arch: m[3], Libc: strings.TrimPrefix(m[2], "-")}, true
}
