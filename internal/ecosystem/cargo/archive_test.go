package cargo

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/feedctl/feedctl/internal/ecosystem/cargo/cargotest"
)

func TestWalkLimits(t *testing.T) {
	data, err := cargotest.Crate("a", "1.0.0", map[string][]byte{"Cargo.toml": make([]byte, 5000), "b": nil})
	if err != nil {
		t.Fatal(err)
	}
	enough := limits{entries: 2, free: 1 << 20, ratio: 1, text: 5000}
	for name, row := range map[string]struct {
		limits limits
		want   string
	}{
		"enough":        {enough, ""},
		"entries":       {limits{entries: 1, free: 1 << 20, ratio: 1, text: 5000}, "more than 1 entries"},
		"unpacked size": {limits{entries: 2, free: 4000, ratio: 0, text: 5000}, "decompression bomb"},
		"one file":      {limits{entries: 2, free: 1 << 20, ratio: 1, text: 4999}, "one of 5000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			err := row.limits.walk(bytes.NewReader(data), "a-1.0.0", func(path string, size int64, content io.Reader) error {
				_, err := row.limits.readText(path, size, content)
				return err
			})
			if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %q", err, row.want)
			}
		})
	}
}
