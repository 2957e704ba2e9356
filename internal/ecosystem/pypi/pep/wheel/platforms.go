package wheel

import "fmt"

// Tags returns the platform tags that a platform accepts, the preferred one first.
// "any" is not among them.
func (p Platform) Tags() []string {
	switch p.System {
	case Manylinux:
		return append([]string{"linux_" + p.Arch}, p.manylinux()...)
	case Musllinux:
		return append([]string{"linux_" + p.Arch}, p.musllinux()...)
	case MacOS:
		return p.macos()
	}
	return []string{p.String()}
}

// manylinux returns the tags of every older glibc (PEP 600) and the names that
// some had before (PEP 513, 571, 599). Wheels begin with glibc 2.5 on x86 and with
// 2.17 elsewhere.
func (p Platform) manylinux() []string {
	oldest := 17
	if p.Arch == "x86_64" || p.Arch == "i686" {
		oldest = 5
	}
	legacy := map[int]string{5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
	var tags []string
	for minor := p.Minor; minor >= oldest; minor-- {
		tags = append(tags, fmt.Sprintf("manylinux_%d_%d_%s", p.Major, minor, p.Arch))
		if name, ok := legacy[minor]; ok {
			tags = append(tags, name+"_"+p.Arch)
		}
	}
	return tags
}

// musllinux returns the tags of every older musl (PEP 656).
func (p Platform) musllinux() []string {
	var tags []string
	for minor := p.Minor; minor >= 0; minor-- {
		tags = append(tags, fmt.Sprintf("musllinux_%d_%d_%s", p.Major, minor, p.Arch))
	}
	return tags
}

// macos returns the tags of every older macOS, each with the formats of binaries
// for several processors. From macOS 11 on, minor versions do not count; the Intel
// versions before it run on Intel alone, except for what was built for both.
func (p Platform) macos() []string {
	var tags []string
	if p.Major == 10 {
		return appendMacOS10(tags, p.Minor, 0, macFormats(p.Arch))
	}
	for major := p.Major; major > 10; major-- {
		for _, format := range macFormats(p.Arch) {
			tags = append(tags, fmt.Sprintf("macosx_%d_0_%s", major, format))
		}
	}
	if p.Arch == "x86_64" {
		return appendMacOS10(tags, 16, 4, macFormats(p.Arch))
	}
	return appendMacOS10(tags, 16, 4, []string{"universal2"})
}

// oldestIntel is the first version 10 that runs on 64-bit Intel processors.
const oldestIntel = 4

func appendMacOS10(tags []string, newest, oldest int, formats []string) []string {
	for minor := newest; minor >= max(oldest, oldestIntel); minor-- {
		for _, format := range formats {
			tags = append(tags, fmt.Sprintf("macosx_10_%d_%s", minor, format))
		}
	}
	return tags
}

func macFormats(arch string) []string {
	if arch == "x86_64" {
		return []string{"x86_64", "intel", "fat64", "fat3", "universal2", "universal"}
	}
	return []string{arch, "universal2"}
}
