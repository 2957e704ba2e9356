package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/gofrs/flock"
)

// lockRetry is how often a lock that another process holds is asked for again.
const lockRetry = 50 * time.Millisecond

// holder says who has the lock. It is for people: the lock itself is the
// operating system's, and ends with the process.
type holder struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host,omitempty"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// LockedError says that another process writes the feed.
type LockedError struct {
	Dir    string
	Holder string // who, since when; empty when that is not known
}

func (e *LockedError) Error() string {
	who := e.Holder
	if who == "" {
		who = "another process"
	}
	return fmt.Sprintf("feed directory %s is locked by %s; wait for it to end, then run the command again", e.Dir, who)
}

// lock is the exclusive right to write a feed.
type lock struct {
	dir   *Dir
	flock *flock.Flock
}

// tryLock takes the lock. One that is held is a *LockedError at once.
func tryLock(d *Dir, who holder) (*lock, error) {
	file, err := lockFile(d)
	if err != nil {
		return nil, err
	}
	ok, err := file.TryLock()
	return locked(d, file, who, ok, err)
}

// waitLock takes the lock, and waits for one that is held until ctx ends.
func waitLock(ctx context.Context, d *Dir, who holder) (*lock, error) {
	file, err := lockFile(d)
	if err != nil {
		return nil, err
	}
	ok, err := file.TryLockContext(ctx, lockRetry)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return locked(d, file, who, ok, err)
}

// lockFile makes .feedctl, which must be a folder of the feed itself.
func lockFile(d *Dir) (*flock.Flock, error) {
	if err := d.root.Mkdir(controlDir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, writeError(d, controlDir, err)
	}
	info, err := d.root.Lstat(controlDir)
	if err != nil {
		return nil, writeError(d, controlDir, err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("feed directory %s: %s is not a folder; remove it", d.name, controlDir)
	}
	if info, err := d.root.Lstat(lockPath); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("feed directory %s: %s is not a regular file; remove it", d.name, lockPath)
	}
	return flock.New(filepath.Join(d.root.Name(), filepath.FromSlash(lockPath)), flock.SetPermissions(0o644)), nil
}

func locked(d *Dir, file *flock.Flock, who holder, ok bool, err error) (*lock, error) {
	switch {
	case err != nil:
		_ = file.Close()
		return nil, writeError(d, lockPath, err)
	case !ok:
		_ = file.Close()
		return nil, &LockedError{Dir: d.name, Holder: readHolder(d)}
	}
	who.PID = os.Getpid()
	who.Host, _ = os.Hostname()
	l := &lock{dir: d, flock: file}
	data, err := compactJSON(who)
	if err == nil {
		err = d.root.WriteFile(holderPath, append(data, '\n'), 0o644)
	}
	if err != nil {
		return nil, errors.Join(writeError(d, holderPath, err), l.unlock())
	}
	return l, nil
}

// unlock gives the lock back. The lock's own file stays: removing it would let
// two processes lock two files of one name.
func (l *lock) unlock() error {
	err := l.dir.root.Remove(holderPath)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, l.flock.Close())
}

// readHolder describes who has the lock, or returns "". The file may be any.
func readHolder(d *Dir) string {
	data, err := d.read(holderPath, maxHolder)
	if err != nil {
		return ""
	}
	var who holder
	if json.Unmarshal(data, &who) != nil || who.PID == 0 {
		return ""
	}
	text := fmt.Sprintf("process %d", who.PID)
	if who.Host != "" {
		text += " on " + printable(who.Host)
	}
	return fmt.Sprintf("%s since %s: %s", text, who.Since.UTC().Format(time.RFC3339), printable(who.Command))
}

// printable makes text from a file fit for a terminal.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}

// writeError is an error of writing into the feed's directory, with what to do
// where that is plain.
func writeError(d *Dir, path string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint = "; the directory must be writable for this user"
	case isReadOnly(err):
		hint = "; the disk is mounted read-only"
	case isFull(err):
		hint = "; free some space and run the command again, what was fetched is kept"
	}
	return fmt.Errorf("feed directory %s: write %s: %w%s", d.name, path, plainError(err), hint)
}
