package cli

import (
	"fmt"
	"io"
	"os"
	"path"
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

// nameWidth is how much of a file's name is shown beside the bar.
const nameWidth = 40

// bar shows one phase at a time: in steps when their number is known, else in
// bytes, with the file that was started last.
type bar struct {
	out     io.Writer
	current *progressbar.ProgressBar
	phase   string
}

// Phase implements mirror.Progress.
func (b *bar) Phase(name string, total int64) {
	b.finish()
	b.phase = name
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
		total = 1 // grows with every file that is announced
		options = append(options, progressbar.OptionShowBytes(true))
	}
	b.current = progressbar.NewOptions64(total, options...)
}

// File implements mirror.Progress.
func (b *bar) File(name string, size int64) {
	if b.current != nil {
		b.current.AddMax64(size)
		b.current.Describe(fmt.Sprintf("%s %-*.*s", b.phase, nameWidth, nameWidth, path.Base(name)))
	}
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
