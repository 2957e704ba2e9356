//go:build live

package wheel

import (
	"archive/zip"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/peptest"
)

const referenceTags = `
import json, sys, platform
from packaging import tags, _manylinux, _musllinux
data = json.load(sys.stdin)
def linux(t, arch, libc, major, minor):
    _manylinux._have_compatible_abi = lambda *a: True
    _manylinux._get_glibc_version.cache_clear()
    _manylinux._get_glibc_version = Glibc(major, minor) if libc == "manylinux" else Glibc(-1, -1)
    _musllinux._get_musl_version = lambda *a: _musllinux._MuslVersion(major, minor) if libc == "musllinux" else None
    return ["linux_" + arch, *_manylinux.platform_tags([arch]), *_musllinux.platform_tags([arch])]
class Glibc:
    def __init__(self, *v): self.v = _manylinux._GLibCVersion(*v)
    def __call__(self): return self.v
    def cache_clear(self): pass
def platforms(t):
    if t["System"] in ("manylinux", "musllinux"):
        return linux(t, t["Arch"], t["System"], t["PMajor"], t["PMinor"])
    if t["System"] == "macosx":
        return list(tags.mac_platforms((t["PMajor"], t["PMinor"]), t["Arch"]))
    return [t["Platform"]]
def all_tags(t):
    python, p = (t["Major"], t["Minor"]), platforms(t)
    if t["Implementation"] == "pypy":
        name = "%d%d" % python
        yield from tags.generic_tags("pp" + name, ["pypy" + name + "_pp73"], p)
        yield from tags.compatible_tags(python, "pp3", p)
    else:
        yield from tags.cpython_tags(python, t["ABIs"], p)
        yield from tags.compatible_tags(python, "cp%d%d" % python, p)
own = list(map(str, tags.sys_tags()))
json.dump({"Own": own, "Libc": platform.libc_ver(), "Arch": platform.machine(), "Python": platform.python_version(),
           "Tags": [list(map(str, all_tags(t))) for t in data]}, sys.stdout)
`

// TestReferenceTags compares the tags of this machine's interpreter and of many
// targets with those of the packaging library, in their order.
func TestReferenceTags(t *testing.T) {
	targets := referenceTargets(t)
	var input []map[string]any
	for _, target := range targets {
		input = append(input, map[string]any{
			"Major": target.Major, "Minor": target.Minor, "Implementation": target.Implementation, "ABIs": target.abis(), "System": target.Platform.System,
			"PMajor": target.Platform.Major, "PMinor": target.Platform.Minor, "Arch": target.Platform.Arch, "Platform": target.Platform.String(),
		})
	}
	var want struct {
		Own          []string
		Libc         [2]string
		Arch, Python string
		Tags         [][]string
	}
	peptest.Python(t, referenceTags, input, &want)
	count := 0
	for i, target := range targets {
		got := texts(Tags(target))
		count += len(got)
		if !slices.Equal(got, want.Tags[i]) {
			t.Errorf("%s: %d tags, want %d; the first that differs: %s", target, len(got), len(want.Tags[i]), firstDifference(got, want.Tags[i]))
		}
	}
	t.Logf("%d targets, %d tags", len(targets), count)
	if want.Libc[0] != "glibc" {
		t.Skip("this machine's interpreter is not linked against glibc")
	}
	own, err := ParseTarget(want.Python, fmt.Sprintf("manylinux_%s_%s", strings.ReplaceAll(want.Libc[1], ".", "_"), want.Arch))
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(Tags(own)); !slices.Equal(got, want.Own) {
		t.Errorf("%s: this interpreter has %d tags, not %d: %s", own, len(want.Own), len(got), firstDifference(got, want.Own))
	}
}

func referenceTargets(t *testing.T) []Target {
	t.Helper()
	platforms := []string{
		"manylinux_2_28_x86_64", "manylinux_2_17_aarch64", "manylinux2014_x86_64", "manylinux_2_5_i686", "manylinux_2_35_ppc64le", "manylinux_2_31_armv7l", "manylinux_2_39_riscv64",
		"musllinux_1_2_x86_64", "musllinux_1_1_aarch64", "macosx_14_0_arm64", "macosx_15_4_x86_64", "macosx_26_0_arm64", "macosx_11_0_arm64", "macosx_10_15_x86_64", "macosx_10_9_x86_64",
		"win_amd64", "win_arm64", "win32",
	}
	var targets []Target
	for _, python := range []string{"3.2", "3.6", "3.7", "3.8", "3.9", "3.11", "3.11.7", "3.13", "3.13t", "3.14td", "3.12d", "pypy3.9", "pypy3.11"} {
		for _, platform := range platforms {
			target, err := ParseTarget(python, platform)
			if err != nil {
				t.Fatal(err)
			}
			targets = append(targets, target)
		}
	}
	return targets
}

func texts(tags []Tag) []string {
	var result []string
	for _, tag := range tags {
		result = append(result, tag.String())
	}
	return result
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("place %d has %s, want %s", i, got[i], want[i])
		}
	}
	return "one has more than the other"
}

// uvPlatforms are targets by uv's names for them.
var uvPlatforms = map[string]string{
	"x86_64-manylinux_2_28": "manylinux_2_28_x86_64", "aarch64-manylinux2014": "manylinux2014_aarch64", "x86_64-unknown-linux-musl": "musllinux_1_2_x86_64",
	"aarch64-apple-darwin": "macosx_14_0_arm64", "x86_64-apple-darwin": "macosx_14_0_x86_64",
	"x86_64-pc-windows-msvc": "win_amd64", "aarch64-pc-windows-msvc": "win_arm64", "i686-pc-windows-msvc": "win32",
}

const projects = 24 // for each platform and Python

// TestUVChooses offers uv folders of wheels that differ in their tags only, and
// compares those that it installs with Best. Two tags are left out because uv
// treats them in another way than pip: "linux_*" comes last there, and "fat3" is
// unknown.
func TestUVChooses(t *testing.T) {
	uv := filepath.Join(peptest.Install(t, peptest.UV), "bin", "uv")
	random := rand.New(rand.NewPCG(1, 2))
	for name, platform := range uvPlatforms {
		for _, python := range []string{"3.9", "3.11", "3.13"} {
			target, err := ParseTarget(python, platform)
			if err != nil {
				t.Fatal(err)
			}
			offers := map[string][]Wheel{}
			for i := range projects {
				project := fmt.Sprintf("demo%d", i)
				offers[project] = offered(t, random, project, target)
			}
			installed := uvInstalls(t, uv, python, name, offers)
			for project, wheels := range offers {
				if want := wheels[Best(target, wheels)].Filename; installed[project] != want {
					t.Errorf("%s on %s: uv installs %q, Best is %q of %v", python, name, installed[project], want, filenames(wheels))
				}
			}
		}
	}
}

func filenames(wheels []Wheel) []string {
	var names []string
	for _, w := range wheels {
		names = append(names, w.Filename)
	}
	return names
}

// offered draws wheels, some with tags of the target and some with others, and one
// more that every target can install.
func offered(t *testing.T, random *rand.Rand, project string, target Target) []Wheel {
	t.Helper()
	other, err := ParseTarget([]string{"3.10", "3.12", "3.14", "pypy3.11"}[random.IntN(4)], []string{"manylinux_2_34_x86_64", "macosx_15_0_x86_64", "musllinux_1_2_aarch64", "win_amd64"}[random.IntN(4)])
	if err != nil {
		t.Fatal(err)
	}
	special := func(tag Tag) bool {
		return strings.HasPrefix(tag.Platform, "linux_") || strings.HasSuffix(tag.Platform, "_fat3")
	}
	own, foreign := slices.DeleteFunc(Tags(target), special), slices.DeleteFunc(Tags(other), special)
	tags := []string{"py30-none-any"}
	for range 1 + random.IntN(3) {
		tags = append(tags, own[random.IntN(len(own))].String(), own[random.IntN(20)%len(own)].String(), foreign[random.IntN(len(foreign))].String())
	}
	var wheels []Wheel
	for _, tag := range tags {
		build := []string{"", "", "-1", "-2a", "-10"}[random.IntN(5)]
		w, err := ParseWheel(project + "-1.0" + build + "-" + tag + ".whl")
		if err != nil {
			t.Fatal(err)
		}
		wheels = append(wheels, w)
	}
	return wheels
}

// uvInstalls returns the wheels that uv installs, by their projects.
func uvInstalls(t *testing.T, uv, python, platform string, offers map[string][]Wheel) map[string]string {
	t.Helper()
	folder := t.TempDir()
	out := filepath.Join(folder, "out")
	arguments := []string{"pip", "install", "--no-index", "--find-links", folder, "--target", out, "--python-version", python, "--python-platform", platform, "--no-cache", "--offline", "--quiet"}
	for project, wheels := range offers {
		arguments = append(arguments, project)
		for _, w := range wheels {
			writeWheel(t, folder, w)
		}
	}
	command := exec.CommandContext(t.Context(), uv, arguments...)
	command.Env = append(os.Environ(), "MACOSX_DEPLOYMENT_TARGET=14.0")
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("uv: %v\n%s", err, text)
	}
	installed := map[string]string{}
	for project := range offers {
		name, err := os.ReadFile(filepath.Join(out, project+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		installed[project] = string(name)
	}
	return installed
}

func writeWheel(t *testing.T, folder string, w Wheel) {
	t.Helper()
	file, err := os.Create(filepath.Join(folder, w.Filename))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	tags := ""
	for _, tag := range w.Tags() {
		tags += "Tag: " + tag.String() + "\n"
	}
	info := w.Name + "-1.0.dist-info/"
	for _, member := range [][2]string{
		{w.Name + ".txt", w.Filename},
		{info + "METADATA", "Metadata-Version: 2.1\nName: " + w.Name + "\nVersion: 1.0\n"},
		{info + "WHEEL", "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: true\n" + tags},
		{info + "RECORD", w.Name + ".txt,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n"},
	} {
		writer, err := archive.Create(member[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte(member[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
}
