package cli

import "testing"

func TestMemoryLimit(t *testing.T) {
	const mega = 1 << 20
	for live, want := range map[int64]int64{0: softLimit, 50 * mega: softLimit, 75 * mega: softLimit, 1000 * mega: 3000*mega - softLimit*4/3} {
		if got := memoryLimit(live); got != want {
			t.Errorf("memoryLimit(%d) = %d, want %d", live, got, want)
		}
	}
	for live := int64(0); live < 4000*mega; live += 10 * mega {
		if memoryLimit(live) < live+live/4 {
			t.Errorf("%d bytes leave no room to work in", live)
		}
	}
}
