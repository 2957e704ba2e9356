package wheel

import (
	"strings"
	"testing"
)

func TestPlatformTags(t *testing.T) {
	for platform, want := range map[string]string{
		"manylinux_2_17_aarch64": "linux_aarch64 manylinux_2_17_aarch64 manylinux2014_aarch64",
		"manylinux_2_13_x86_64": "linux_x86_64 manylinux_2_13_x86_64 manylinux_2_12_x86_64 manylinux2010_x86_64 manylinux_2_11_x86_64 manylinux_2_10_x86_64 manylinux_2_9_x86_64 " +
			"manylinux_2_8_x86_64 manylinux_2_7_x86_64 manylinux_2_6_x86_64 manylinux_2_5_x86_64 manylinux1_x86_64",
		"musllinux_1_2_x86_64": "linux_x86_64 musllinux_1_2_x86_64 musllinux_1_1_x86_64 musllinux_1_0_x86_64",
		"macosx_12_3_arm64": "macosx_12_0_arm64 macosx_12_0_universal2 macosx_11_0_arm64 macosx_11_0_universal2 macosx_10_16_universal2 macosx_10_15_universal2 macosx_10_14_universal2 " +
			"macosx_10_13_universal2 macosx_10_12_universal2 macosx_10_11_universal2 macosx_10_10_universal2 macosx_10_9_universal2 macosx_10_8_universal2 macosx_10_7_universal2 " +
			"macosx_10_6_universal2 macosx_10_5_universal2 macosx_10_4_universal2",
		"macosx_10_4_x86_64": "macosx_10_4_x86_64 macosx_10_4_intel macosx_10_4_fat64 macosx_10_4_fat3 macosx_10_4_universal2 macosx_10_4_universal",
		"win_amd64":          "win_amd64",
		"win32":              "win32",
	} {
		p, err := ParsePlatform(platform)
		if got := strings.Join(p.Tags(), " "); err != nil || got != want {
			t.Errorf("tags of %s: %s, %v\nwant %s", platform, got, err, want)
		}
	}
}

// TestTags shows the order on Windows, where there is one platform.
func TestTags(t *testing.T) {
	for python, want := range map[string]string{
		"3.4": "cp34-cp34m-win32 cp34-abi3-win32 cp34-none-win32 cp33-abi3-win32 cp32-abi3-win32 py34-none-win32 py3-none-win32 py33-none-win32 py32-none-win32 py31-none-win32 py30-none-win32 " +
			"cp34-none-any py34-none-any py3-none-any py33-none-any py32-none-any py31-none-any py30-none-any",
		"3.9":      "cp39-cp39-win32 cp39-abi3-win32 cp39-none-win32 cp38-abi3-win32",
		"3.12d":    "cp312-cp312d-win32 cp312-cp312-win32 cp312-abi3-win32",
		"3.2":      "cp32-cp32mu-win32 cp32-abi3-win32 cp32-none-win32 py32-none-win32",
		"3.13t":    "cp313-cp313t-win32 cp313-abi3t-win32 cp313-none-win32 cp312-abi3t-win32",
		"pypy3.10": "pp310-pypy310_pp73-win32 pp310-none-win32 py310-none-win32 py3-none-win32",
	} {
		target, err := ParseTarget(python, "win32")
		if got := strings.Join(tagTexts(Tags(target)), " "); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("tags of %s: %s, %v\nwant %s …", python, got, err, want)
		}
	}
	pypy, err := ParseTarget("pypy3.10", "win32")
	if got := strings.Join(tagTexts(Tags(pypy)), " "); err != nil || !strings.Contains(got, " py30-none-win32 pp3-none-any py310-none-any ") {
		t.Errorf("tags of pypy3.10: %s, %v", got, err)
	}
}

func tagTexts(tags []Tag) []string {
	var texts []string
	for _, tag := range tags {
		texts = append(texts, tag.String())
	}
	return texts
}
