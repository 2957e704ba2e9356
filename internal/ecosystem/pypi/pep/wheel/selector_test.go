package wheel

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func parseWheels(t testing.TB, filenames ...string) []Wheel {
	t.Helper()
	var wheels []Wheel
	for _, filename := range filenames {
		w, err := ParseWheel(filename)
		if err != nil {
			t.Fatal(err)
		}
		wheels = append(wheels, w)
	}
	return wheels
}

func TestBest(t *testing.T) {
	files := []string{
		"a-1-py3-none-any.whl",
		"a-1-py2.py3-none-any.whl",
		"a-1-cp37-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
		"a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
		"a-1-cp311-cp311-manylinux_2_28_x86_64.whl",
		"a-1-cp311-cp311-musllinux_1_1_x86_64.whl",
		"a-1-cp311-cp311-macosx_10_9_universal2.whl",
		"a-1-cp311-cp311-macosx_11_0_arm64.whl",
		"a-1-cp311-cp311-win_amd64.whl",
		"a-1-cp313-cp313t-win_amd64.whl",
		"a-1-cp313-cp313-win_amd64.whl",
		"a-1-pp310-pypy310_pp73-manylinux_2_17_x86_64.whl",
	}
	wheels := parseWheels(t, files...)
	for _, row := range []struct{ python, platform, want string }{
		{"3.11", "manylinux_2_28_x86_64", files[4]},
		{"3.11", "manylinux_2_27_x86_64", files[3]},
		{"3.11", "manylinux_2_12_x86_64", files[1]}, // alike in tags: the first name
		{"3.12", "manylinux_2_28_x86_64", files[2]}, // the stable ABI
		{"3.6", "manylinux_2_28_x86_64", files[1]},
		{"3.11", "manylinux_2_28_aarch64", files[1]},
		{"3.11", "musllinux_1_2_x86_64", files[5]},
		{"3.11", "musllinux_1_0_x86_64", files[1]},
		{"3.11", "macosx_14_0_arm64", files[7]},
		{"3.11", "macosx_14_0_x86_64", files[6]},
		{"3.11", "macosx_10_8_x86_64", files[1]},
		{"3.11", "win_amd64", files[8]},
		{"3.13", "win_amd64", files[10]},
		{"3.13t", "win_amd64", files[9]},
		{"3.13t", "manylinux_2_28_x86_64", files[1]}, // the stable ABI is not for free threads
		{"pypy3.10", "manylinux_2_28_x86_64", files[11]},
		{"pypy3.11", "manylinux_2_28_x86_64", files[1]},
	} {
		target, err := ParseTarget(row.python, row.platform)
		if err != nil {
			t.Fatal(err)
		}
		if got := Best(target, wheels); got < 0 || files[got] != row.want {
			t.Errorf("%s on %s: %d, want %s", row.python, row.platform, got, row.want)
		}
	}
}

func TestBestByBuild(t *testing.T) {
	target, err := ParseTarget("3.11", "win_amd64")
	if err != nil {
		t.Fatal(err)
	}
	wheels := parseWheels(t, "a-1-2-py3-none-any.whl", "a-1-10-py3-none-any.whl", "a-1-9b-py3-none-any.whl", "a-1-py3-none-any.whl", "a-1-99-py2-none-any.whl", "a-1-99-py30-none-any.whl")
	if got := Best(target, wheels); got != 1 {
		t.Errorf("Best is %d, want the highest build of the best tag", got)
	}
	if got := Best(target, wheels[4:5]); got != -1 || Supports(target, wheels[4]) || !Supports(target, wheels[0]) {
		t.Errorf("Best of a wheel for another Python is %d", got)
	}
	if got := Best(target, nil); got != -1 {
		t.Errorf("Best of none is %d", got)
	}
}

// TestRankIsThePlaceAmongTags compares Rank with a search through Tags.
func TestRankIsThePlaceAmongTags(t *testing.T) {
	var targets []Target
	for _, python := range []string{"3.7", "3.11", "3.13t", "pypy3.10"} {
		for _, platform := range []string{"manylinux_2_28_x86_64", "musllinux_1_2_aarch64", "macosx_14_0_arm64", "win32"} {
			target, err := ParseTarget(python, platform)
			if err != nil {
				t.Fatal(err)
			}
			targets = append(targets, target)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		target := rapid.SampledFrom(targets).Draw(t, "target")
		other := rapid.SampledFrom(targets).Draw(t, "other")
		tags := Tags(target)
		drawn := rapid.SliceOfN(rapid.SampledFrom(append(Tags(other), tags...)), 1, 3).Draw(t, "tags")
		var w Wheel
		for _, tag := range drawn {
			w.Pythons, w.ABIs, w.Platforms = append(w.Pythons, tag.Python), append(w.ABIs, tag.ABI), append(w.Platforms, tag.Platform)
		}
		want := slices.IndexFunc(tags, func(tag Tag) bool { return slices.Contains(w.Tags(), tag) })
		got, ok := NewSelector(target).Rank(w)
		if ok != (want >= 0) || ok && got != want {
			t.Fatalf("Rank of %v for %s = %d, %v; want %d", w.Tags(), target, got, ok, want)
		}
	})
}

func BenchmarkRank(b *testing.B) {
	target, err := ParseTarget("3.11", "manylinux_2_28_x86_64")
	if err != nil {
		b.Fatal(err)
	}
	s := NewSelector(target)
	w := parseWheels(b, "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")[0]
	b.ReportAllocs()
	for b.Loop() {
		if !s.Supports(w) {
			b.Fatal("not supported")
		}
	}
}

func BenchmarkParseWheel(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseWheel("numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"); err != nil {
			b.Fatal(err)
		}
	}
}
