package feed

import (
	"fmt"
	"strings"
)

// Target is what a consumer runs on. OS and Arch use Go's names ("linux",
// "darwin", "windows"; "amd64", "arm64", "386"); Libc is "glibc" or "musl", and
// LibcVersion its version ("2.28"), both optional.
type Target struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Libc        string `json:"libc,omitempty"`
	LibcVersion string `json:"libc_version,omitempty"`
}

func (t Target) String() string {
	text := t.OS + "/" + t.Arch
	if t.Libc != "" {
		text += "/" + t.Libc
	}
	if t.LibcVersion != "" {
		text += "-" + t.LibcVersion
	}
	return text
}

var (
	osNames   = map[string]string{"win32": "windows", "macos": "darwin", "osx": "darwin"}
	archNames = map[string]string{"x64": "amd64", "x86_64": "amd64", "aarch64": "arm64", "ia32": "386", "x86": "386", "i686": "386"}
)

// ParseTarget reads "os/arch[/libc[-version]]" in feedctl's notation or with the
// names that npm, Python or Rust use for the same things.
func ParseTarget(text string) (Target, error) {
	parts := strings.Split(strings.ToLower(strings.TrimSpace(text)), "/")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return Target{}, fmt.Errorf("platform %q: want os/arch or os/arch/libc, such as linux/amd64 or linux/arm64/musl", text)
	}
	t := Target{OS: parts[0], Arch: parts[1]}
	if name, ok := osNames[t.OS]; ok {
		t.OS = name
	}
	if name, ok := archNames[t.Arch]; ok {
		t.Arch = name
	}
	if len(parts) == 3 {
		t.Libc, t.LibcVersion, _ = strings.Cut(parts[2], "-")
		if t.Libc != "glibc" && t.Libc != "musl" {
			return Target{}, fmt.Errorf("platform %q: unknown libc %q; glibc and musl are known", text, t.Libc)
		}
	}
	return t, nil
}
