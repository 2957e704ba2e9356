package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Words that stand for something else in the commands, environments and settings
// of a client.
const (
	packageWords = "PACKAGE@VERSION…" // one word for each package whose artifact feedctl takes
	freshWord    = "{fresh}"          // an empty folder of the client's own
	baseWord     = "{base}"           // address of the loopback upstream, with no slash at its end
)

// kind is how a lock is measured.
type kind struct {
	name     string // of the example
	lock     string
	manifest string
	others   []string // files beside them that are taken along when they are there
	sources  []string // empty source files that the client wants to see

	environment []string // of the clients
	settings    settings
	upstream    []string // environment that leads clients and feedctl to the loopback upstream
	registry    registry

	flags    []string   // of feedctl, always
	variants [][]string // flags of feedctl that make it do otherwise, measured as well

	prepare [][]string // commands that lock the example
	resolve *native    // locks the manifest anew; nil when nothing does
	natives []native   // fetch what is locked; the first is what feedctl is compared with
	reach   reach
}

// native is a command of a client.
type native struct {
	name   string // in the table
	words  []string
	locked bool   // it wants to see the lock
	needs  string // file beside the lock without which it has nothing to do; may be empty
}

// ready reports whether the client is installed, and the project in a folder is one
// for it.
func (n native) ready(project string) bool {
	_, err := os.Stat(filepath.Join(project, n.needs))
	return err == nil && installed(n.words)
}

func (n native) String() string {
	if n.name != "" {
		return n.name
	}
	return strings.Join(n.words, " ")
}

// settings are files of the machine that a client reads in a folder which also
// has its cache, so that a fresh one needs copies of them.
type settings struct {
	variable string // of the environment, naming the folder
	home     string // below the user's home otherwise
	files    []string
	loopback string // the first of the files as it is for the loopback upstream
}

// registry says how a lock is told of another registry than that of the machine.
type registry struct {
	ask    []string // command that prints the address which the lock has
	folder string   // below the feed's root
}

// reach are the ratios and figures to be reached; 0 is none.
type reach struct {
	floor, native float64 // cold run, against curl and against the native client
	warm          float64 // seconds
	memory        int64   // bytes, of the cold run
	verify        float64 // against sha256sum
	latency       float64 // cold run with a delay against that without
}

// find returns the lock at a path, and its kind.
func find(path string) (string, kind, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", kind{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", kind{}, err
	}
	var names []string
	for _, k := range kinds() {
		if len(names) == 0 || names[len(names)-1] != k.lock {
			names = append(names, k.lock)
		}
		candidate := path
		if info.IsDir() {
			candidate = filepath.Join(path, k.lock)
		}
		if _, err := os.Stat(candidate); err == nil && filepath.Base(candidate) == k.lock {
			return candidate, k, nil
		}
	}
	return "", kind{}, fmt.Errorf("%s is neither a lock nor a folder with one; want %s", path, strings.Join(names, ", "))
}
