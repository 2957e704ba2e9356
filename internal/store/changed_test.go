package store

import (
	"testing"
)

// TestChanged asks a feed that was opened before a publish, at every step of it,
// whether it is another one now.
func TestChanged(t *testing.T) {
	dir := seed(t)
	f := openFeed(t, dir)
	if f.Changed(t.Context()) {
		t.Error("changed, and nobody wrote")
	}
	w := lockFeed(t, dir)
	bigChange(t, w)
	decided := false
	w.step = func(name string) error {
		if got := f.Changed(t.Context()); got != decided {
			t.Errorf("%s: changed is %v", name, got)
		}
		decided = decided || name == "rename the journal"
		return nil
	}
	publish(t, w, dayTwo)
	if !f.Changed(t.Context()) {
		t.Error("not changed after a publish")
	}
}

// TestOpenAmidAPublish opens a feed while another process is in its publish: what
// comes back is the old feed or the new one, and says when it is the old one no
// longer.
func TestOpenAmidAPublish(t *testing.T) {
	dir := seed(t)
	w := lockFeed(t, dir)
	bigChange(t, w)
	opened := make(chan *Feed, 1)
	w.step = func(name string) error {
		if name != "barrier after the journal" {
			return nil
		}
		go func() {
			f, err := Open(dir)
			if err != nil {
				t.Errorf("Open: %v", err)
			}
			opened <- f
		}()
		return nil
	}
	publish(t, w, dayTwo)
	closeWriter(w)
	f := <-opened
	if f == nil {
		return
	}
	defer f.Close()
	if f.Changed(t.Context()) || f.manifest.Sequence != 2 {
		t.Errorf("opened publish %d, changed is %v", f.manifest.Sequence, f.Changed(t.Context()))
	}
}
