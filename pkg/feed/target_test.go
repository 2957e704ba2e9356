package feed

import "testing"

func TestParseTarget(t *testing.T) {
	for _, row := range []struct {
		text      string
		want      Target
		canonical string // empty means an error
	}{
		{"linux/amd64", Target{OS: "linux", Arch: "amd64"}, "linux/amd64"},
		{" Linux/X64 ", Target{OS: "linux", Arch: "amd64"}, "linux/amd64"},
		{"linux/x86_64/glibc-2.28", Target{OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.28"}, "linux/amd64/glibc-2.28"},
		{"linux/aarch64/musl", Target{OS: "linux", Arch: "arm64", Libc: "musl"}, "linux/arm64/musl"},
		{"win32/ia32", Target{OS: "windows", Arch: "386"}, "windows/386"},
		{"macos/arm64", Target{OS: "darwin", Arch: "arm64"}, "darwin/arm64"},
		{"linux/riscv64", Target{OS: "linux", Arch: "riscv64"}, "linux/riscv64"},
		{"macos-14.0/arm64", Target{OS: "darwin", OSVersion: "14.0", Arch: "arm64"}, "darwin-14.0/arm64"},
		{"manylinux_2_28_x86_64", Target{OS: "linux", Arch: "amd64", Libc: "glibc", LibcVersion: "2.28"}, "linux/amd64/glibc-2.28"},
		{"manylinux2014_aarch64", Target{OS: "linux", Arch: "arm64", Libc: "glibc", LibcVersion: "2.17"}, "linux/arm64/glibc-2.17"},
		{"musllinux_1_2_x86_64", Target{OS: "linux", Arch: "amd64", Libc: "musl", LibcVersion: "1.2"}, "linux/amd64/musl-1.2"},
		{"macosx_14_0_arm64", Target{OS: "darwin", OSVersion: "14.0", Arch: "arm64"}, "darwin-14.0/arm64"},
		{"win_amd64", Target{OS: "windows", Arch: "amd64"}, "windows/amd64"},
		{"win32", Target{OS: "windows", Arch: "386"}, "windows/386"},
		{"linux_x86_64", Target{OS: "linux", Arch: "amd64"}, "linux/amd64"},
		{"x86_64-unknown-linux-gnu", Target{OS: "linux", Arch: "amd64", Libc: "glibc"}, "linux/amd64/glibc"},
		{"aarch64-unknown-linux-musl", Target{OS: "linux", Arch: "arm64", Libc: "musl"}, "linux/arm64/musl"},
		{"aarch64-apple-darwin", Target{OS: "darwin", Arch: "arm64"}, "darwin/arm64"},
		{"i686-pc-windows-msvc", Target{OS: "windows", Arch: "386"}, "windows/386"},
		{"linux-musl-x64", Target{OS: "linux", Arch: "amd64", Libc: "musl"}, "linux/amd64/musl"},
		{"win-x86", Target{OS: "windows", Arch: "386"}, "windows/386"},
		{"osx-arm64", Target{OS: "darwin", Arch: "arm64"}, "darwin/arm64"},
		{"manylinux_2_x86_64", Target{}, ""},
		{"linux-gnu", Target{}, ""},
		{"", Target{}, ""},
		{"linux", Target{}, ""},
		{"linux/", Target{}, ""},
		{"/amd64", Target{}, ""},
		{"linux/amd64/uclibc", Target{}, ""},
		{"linux/amd64/", Target{}, ""},
		{"linux/amd64/glibc/2.28", Target{}, ""},
	} {
		t.Run(row.text, func(t *testing.T) {
			got, err := ParseTarget(row.text)
			if (err == nil) != (row.canonical != "") {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			if got != row.want || got.String() != row.canonical {
				t.Errorf("got %+v, %q; want %+v, %q", got, got, row.want, row.canonical)
			}
			if again, err := ParseTarget(got.String()); err != nil || again != got {
				t.Errorf("%q does not come back: %+v, %v", got, again, err)
			}
		})
	}
}
