package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// garbage is how much the heap may grow between collections, in percent. A run
	// is short and keeps little, so that memory is cheaper than collecting: a tenth
	// of the time of a large lock for a quarter more memory.
	garbage = 200

	// firstGarbage is garbage until the first collection, which comes when the heap
	// has 4 MiB times this percentage. A run with nothing to do ends before that.
	firstGarbage = 1000

	// softLimit is what the process may use before the collector runs more often,
	// in bytes, as long as what it keeps is little.
	softLimit = 100 << 20
)

// setCollector sets the garbage collector, unless the environment does.
func setCollector() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(firstGarbage)
		runtime.AddCleanup(new([64]byte), func(percent int) { debug.SetGCPercent(percent) }, garbage)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
		watchCollector(softLimit)
	}
}

// watchCollector raises the limit after a collection that left so much that the
// next would follow at once.
func watchCollector(limit int64) {
	runtime.AddCleanup(new([64]byte), func(limit int64) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if want := memoryLimit(int64(live[0].Value.Uint64())); want > limit+limit/8 || want < limit-limit/8 {
			debug.SetMemoryLimit(want)
			limit = want
		}
		watchCollector(limit)
	}, limit)
}

// memoryLimit returns the limit for a process that keeps so many bytes: where that
// is little, the soft limit; where it is much, about what the percentage allows.
func memoryLimit(live int64) int64 { return max(softLimit, 3*live-softLimit*4/3) }
