package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"strings"
	"syscall"

	"github.com/feedctl/feedctl/pkg/feed"
)

// journal says how to get from the old feed to the new one. While it exists the
// publish is decided and has to be finished.
type journal struct {
	Format   int      `json:"format"`
	Manifest string   `json:"manifest"` // "sha256:…" of the new feed.json
	Renames  []string `json:"renames"`  // files, and folders that are new as a whole, from the stage into the feed, in this order
	Removals []string `json:"removals"` // after the renames
}

// steps is called before each step of a publish; an error ends it there, as if
// the process were killed.
type steps func(name string) error

func noStep(string) error { return nil }

func (j *journal) encode() ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"format":%d,"manifest":%q,"renames":`, j.Format, j.Manifest)
	if err := appendLines(&b, j.Renames); err != nil {
		return nil, err
	}
	b.WriteString(`,"removals":`)
	if err := appendLines(&b, j.Removals); err != nil {
		return nil, err
	}
	b.WriteString("}\n")
	return b.Bytes(), nil
}

func decodeJournal(data []byte) (*journal, error) {
	var j journal
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, err
	}
	if j.Format != feed.Format {
		return nil, &FormatError{Got: j.Format}
	}
	for _, paths := range [][]string{j.Renames, j.Removals} {
		for _, p := range paths {
			if !fs.ValidPath(p) || p == "." || p == controlDir || strings.HasPrefix(p, controlDir+"/") {
				return nil, fmt.Errorf("names %.80q, which is no path of the feed", p)
			}
		}
	}
	return &j, nil
}

// rollForward finishes the publish that the journal describes; without one it
// does nothing and returns false. It needs the journal and the stage only, may
// be cut off anywhere and be called again. The caller holds the lock.
func rollForward(d *Dir, step steps) (bool, error) {
	data, err := d.read(journalPath, maxJournal)
	if errors.Is(err, feed.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("feed directory %s: %w", d.name, err)
	}
	j, err := decodeJournal(data)
	if err != nil {
		return false, fmt.Errorf("feed directory %s: %s: %w; it is not what feedctl wrote", d.name, journalPath, err)
	}
	if err := j.play(d, step); err != nil {
		return false, err
	}
	if err := step("remove the journal"); err != nil {
		return false, err
	}
	if err := dropJournal(d); err != nil {
		return false, err
	}
	return true, removeStage(d, step)
}

// dropJournal removes the journal for good: if it came back after a power cut, the
// next run's stage, which has the same paths, would be taken for what it lists.
func dropJournal(d *Dir) error {
	if err := d.root.Remove(journalPath); err != nil {
		return writeError(d, journalPath, err)
	}
	if runtime.GOOS == "windows" { // which flushes no folders
		return nil
	}
	err := syncOne(d, controlDir, os.O_RDONLY)
	if err != nil && !errors.Is(err, syscall.EINVAL) { // of a disk that does not know how
		return writeError(d, controlDir, err)
	}
	return nil
}

// play makes the renames and removals.
func (j *journal) play(d *Dir, step steps) error {
	made := folders{}
	for _, p := range j.Renames {
		if err := step("rename " + p); err != nil {
			return err
		}
		if err := renameStaged(d, p, made); err != nil {
			return err
		}
	}
	data, err := d.read(ManifestPath, maxManifest)
	if err != nil {
		return fmt.Errorf("feed directory %s: %w", d.name, err)
	}
	if got := feed.SHA256(data); got != j.Manifest {
		return fmt.Errorf("feed directory %s: a publish that was cut off cannot be finished, its files are gone from %s: %w",
			d.name, stageDir, &feed.IntegrityError{Path: ManifestPath, Got: got, Want: j.Manifest})
	}
	for _, p := range j.Removals {
		if err := step("remove " + p); err != nil {
			return err
		}
		if err := removeFile(d, p); err != nil {
			return err
		}
	}
	if err := step("barrier after the renames"); err != nil {
		return err
	}
	if err := barrier(d, append(j.Renames[:len(j.Renames):len(j.Renames)], j.Removals...)); err != nil {
		return writeError(d, ".", err)
	}
	return nil
}

// renameStaged moves a file to its final path. One that is not in the stage was
// moved before.
func renameStaged(d *Dir, p string, made folders) error {
	if err := made.make(d, path.Dir(p)); err != nil {
		return err
	}
	staged := stageDir + "/" + p
	err := d.root.Rename(staged, p)
	if err == nil {
		return nil
	}
	if _, missing := d.root.Lstat(staged); isAbsent(missing) {
		return nil
	}
	return writeError(d, p, err)
}

// removeFile removes a file and the folders that it leaves empty.
func removeFile(d *Dir, p string) error {
	if err := d.root.Remove(p); err != nil && !isAbsent(err) {
		return writeError(d, p, err)
	}
	for folder := path.Dir(p); folder != "."; folder = path.Dir(folder) {
		if d.root.Remove(folder) != nil {
			return nil
		}
	}
	return nil
}

// removeStage removes what a publish leaves in .feedctl.
func removeStage(d *Dir, step steps) error {
	for _, p := range []string{stageDir, journalPart} {
		if err := step("remove " + p); err != nil {
			return err
		}
		if err := d.root.RemoveAll(p); err != nil {
			return writeError(d, p, err)
		}
	}
	return nil
}

// folders remembers which folders exist.
type folders map[string]bool

func (f folders) make(d *Dir, folder string) error {
	if folder == "." || f[folder] {
		return nil
	}
	if err := d.root.MkdirAll(folder, 0o755); err != nil {
		return writeError(d, folder, err)
	}
	f[folder] = true
	return nil
}
