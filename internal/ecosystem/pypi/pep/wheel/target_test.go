package wheel

import (
	"strings"
	"testing"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestParsePython(t *testing.T) {
	for text, want := range map[string]string{
		"3.11": "cp311", "3.11.7": "cp311_7", "cp311": "cp311", "CPython3.11": "cp311", "cpython-3.11.7": "cp311_7", "python3.9": "cp39", "py39": "cp39",
		"3.13t": "cp313t", "cp313t": "cp313t", "3.14.1t": "cp314_1t", "cp311d": "cp311d", "3.14td": "cp314td", "pypy3.10": "pp310", "pp310": "pp310", "pypy@3.11.13": "pp311_13", "cp311_7": "cp311_7", "3.2": "cp32",
	} {
		target, err := ParsePython(text)
		if got := strings.TrimSuffix(target.String(), "-__0_0_"); err != nil || !strings.HasPrefix(target.String(), want+"-") {
			t.Errorf("ParsePython(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "3", "2.7", "cp27", "cp3", "3.x", "3.11.x", "3.11.7.1", "4.0", "3.1", "3.12t", "pypy3.13t", "-3.11", "3.9999", "jython3.1", "cp3111111", "3.-1", "cp"} {
		if target, err := ParsePython(text); err == nil {
			t.Errorf("ParsePython(%q) = %s", text, target.Interpreter())
		}
	}
}

func TestParsePlatform(t *testing.T) {
	for text, want := range map[string]string{
		"manylinux_2_28_x86_64": "manylinux_2_28_x86_64", "manylinux2014_aarch64": "manylinux_2_17_aarch64", "manylinux2010_x86_64": "manylinux_2_12_x86_64",
		"manylinux1_i686": "manylinux_2_5_i686", "musllinux_1_2_x86_64": "musllinux_1_2_x86_64", "linux_x86_64": "manylinux_2_28_x86_64",
		"macosx_14_0_arm64": "macosx_14_0_arm64", "macosx_10_9_x86_64": "macosx_10_9_x86_64", "win_amd64": "win_amd64", "win32": "win32", "WIN_ARM64": "win_arm64",
		"linux/amd64": "manylinux_2_28_x86_64", "linux/amd64/glibc-2.28": "manylinux_2_28_x86_64", "linux/arm64/glibc": "manylinux_2_28_aarch64",
		"linux/amd64/musl-1.2": "musllinux_1_2_x86_64", "linux/amd64/musl": "musllinux_1_2_x86_64", "linux/386/glibc-2.17": "manylinux_2_17_i686",
		"linux/aarch64/glibc-2.39": "manylinux_2_39_aarch64", "linux/riscv64/glibc-2.39": "manylinux_2_39_riscv64",
		"macos/arm64": "macosx_14_0_arm64", "darwin/amd64": "macosx_14_0_x86_64", "macos-15.0/arm64": "macosx_15_0_arm64", "macos-26/arm64": "macosx_26_0_arm64",
		"windows/amd64": "win_amd64", "win32/x64": "win_amd64", "windows/386": "win32", "windows/arm64": "win_arm64",
	} {
		p, err := ParsePlatform(text)
		if err != nil || p.String() != want {
			t.Errorf("ParsePlatform(%q) = %s, %v; want %s", text, p, err, want)
		}
	}
	for _, text := range []string{
		"", "linux", "any", "manylinux_2_x86_64", "manylinux_2_28", "manylinux_3_1_x86_64", "manylinux_2_28_sparc", "manylinux_2_99999_x86_64", "musllinux_2_0_x86_64", "macosx_9_0_x86_64",
		"macosx_14_0_aarch64", "win_x86", "windows", "win", "linux/sparc", "plan9/amd64", "linux/amd64/glibc-3", "linux/amd64/glibc-x", "linux/amd64/uclibc", "macos-9/arm64", "linux-2.28/amd64",
		"manylinux2015_x86_64", "manylinux_2_4_x86_64", "macosx_10_17_x86_64", "macosx_10_3_x86_64",
	} {
		if p, err := ParsePlatform(text); err == nil {
			t.Errorf("ParsePlatform(%q) = %s", text, p)
		}
	}
}

func TestTargetNames(t *testing.T) {
	for _, name := range []string{"cp311-manylinux_2_28_x86_64", "cp313t-win_amd64", "cp311_7-macosx_14_0_arm64", "pp310-musllinux_1_2_aarch64", "cp39-win32", "cp314_1td-win_arm64"} {
		target, err := ParseName(name)
		if err != nil || target.String() != name || strings.Contains(name, ".") {
			t.Errorf("ParseName(%q) = %s, %v", name, target, err)
		}
	}
	for _, name := range []string{"", "cp311", "cp311-", "-win_amd64", "cp311-any", "cp311-win_amd64-x"} {
		if target, err := ParseName(name); err == nil {
			t.Errorf("ParseName(%q) = %s", name, target)
		}
	}
}

func TestFeedTargets(t *testing.T) {
	for text, want := range map[string]feed.Target{
		"manylinux_2_28_x86_64": {OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.28"},
		"musllinux_1_2_aarch64": {OS: "linux", Arch: "arm64", Libc: "musl", LibcVersion: "1.2"},
		"manylinux_2_17_i686":   {OS: "linux", Arch: "386", Libc: "glibc", LibcVersion: "2.17"},
		"macosx_14_0_arm64":     {OS: "darwin", Arch: "arm64"},
		"win_amd64":             {OS: "windows", Arch: "amd64"},
		"win32":                 {OS: "windows", Arch: "386"},
	} {
		p, err := ParsePlatform(text)
		if err != nil || p.Feed() != want {
			t.Errorf("%s is %s, %v; want %s", text, p.Feed(), err, want)
		}
		if back, err := FromFeed(want); err != nil || back != p {
			t.Errorf("FromFeed(%s) = %s, %v; want %s", want, back, err, text)
		}
	}
	if p, err := FromFeed(feed.Target{OS: "freebsd", Arch: "amd64"}); err == nil {
		t.Errorf("FromFeed(freebsd) = %s", p)
	}
}

func FuzzParseTarget(f *testing.F) {
	f.Add("3.11", "manylinux_2_28_x86_64")
	f.Add("pypy3.10", "macos-14.0/arm64")
	f.Add("cp313t", "win_amd64")
	f.Fuzz(func(t *testing.T, python, platform string) {
		target, err := ParseTarget(python, platform)
		if err != nil {
			return
		}
		if again, err := ParseName(target.String()); err != nil || again != target {
			t.Fatalf("%s reads as %s, %v", target, again, err)
		}
		if count := len(Tags(target)); count == 0 || count > 2_000_000 {
			t.Fatalf("%s has %d tags", target, count)
		}
	})
}
