package cli

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/feedctl/feedctl/internal/mirror"
)

// newProgress returns a bar on a terminal, and nothing elsewhere.
func newProgress(out io.Writer, quiet bool) mirror.Progress {
	file, ok := out.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &bar{out: out}
}

// bar shows one phase at a time. A phase is shown in items when its total is
// known, else in bytes.
type bar struct {
	out     io.Writer
	current *progressbar.ProgressBar
}

// Phase implements mirror.Progress.
func (b *bar) Phase(name string, total int64) {
	b.finish()
	options := []progressbar.Option{
		progressbar.OptionSetWriter(b.out),
		progressbar.OptionSetDescription(name),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetWidth(30),
	}
	if total > 0 {
		options = append(options, progressbar.OptionShowCount())
	} else {
		total = -1
		options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionSpinnerType(14))
	}
	b.current = progressbar.NewOptions64(total, options...)
}

// Add implements mirror.Progress.
func (b *bar) Add(n int64) {
	if b.current != nil {
		_ = b.current.Add64(n)
	}
}

// finish clears the line.
func (b *bar) finish() {
	if b.current != nil {
		_ = b.current.Finish()
		_ = b.current.Clear()
		b.current = nil
	}
}
