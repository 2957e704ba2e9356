//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// largeLeast is how many packages the large lock holds at the least.
const largeLeast = 1200

// npmLock is the part of package-lock.json version 3 that is compared with what
// is on disk. The keys of Packages are folders.
type npmLock struct {
	Packages map[string]npmLockPackage `json:"packages"`
}

type npmLockPackage struct {
	Version    string `json:"version"`
	Link       bool   `json:"link"`
	Optional   bool   `json:"optional"`
	Extraneous bool   `json:"extraneous"`
}

// TestLargeLock mirrors a lock of real size, download addresses included, proves
// the feed, and installs from it: every folder of the lock holds its version.
func TestLargeLock(t *testing.T) {
	if quick() {
		t.Skip("a quick run leaves the large lock out")
	}
	npm := tool(t, "npm", "11.19.1")
	online := newProject(t, npm, nil, "large")
	stage(t, "npm install --package-lock-only", func(ctx context.Context) error {
		return online.online(ctx, "npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved=false", "--loglevel=error")
	})
	lockFile := online.file(npm.lock())
	feed := mirror(t, lockFile)
	feedctl(t, "verify", feed, "--against", lockFile)
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	offline := newProject(t, npm, inside, "large")
	lock := online.readLock(t)
	writeFile(t, offline.file(npm.lock()), lock)
	stage(t, "npm ci", func(ctx context.Context) error {
		return offline.install(t, ctx, "npm", "ci", "--ignore-scripts", "--replace-registry-host=always", "--loglevel=error")
	})
	if offline.readLock(t) != lock {
		t.Error("npm ci changed the lock")
	}
	checkTree(t, offline, []byte(lock))
}

// checkTree compares every entry of the lock with the package.json in its folder.
// Absent may be optional packages, those for other platforms, and extraneous ones,
// leftovers in a lock that npm itself does not install.
func checkTree(t *testing.T, p project, text []byte) {
	t.Helper()
	var lock npmLock
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatalf("read the lock: %v", err)
	}
	present, absent := 0, 0
	for folder, want := range lock.Packages {
		if folder == "" || want.Link {
			continue
		}
		switch got, err := installedVersion(p, folder); {
		case errors.Is(err, fs.ErrNotExist) && (want.Optional || want.Extraneous):
			absent++
		case err != nil:
			t.Errorf("%s: %v", folder, err)
		case got != want.Version:
			t.Errorf("%s: version %s is installed, the lock says %s", folder, got, want.Version)
		default:
			present++
		}
	}
	t.Logf("%d folders as locked, %d optional or extraneous ones absent", present, absent)
	if present < largeLeast {
		t.Errorf("%d packages are installed, the test is about %d or more", present, largeLeast)
	}
}

// installedVersion reads the version of the package in a folder of the project.
func installedVersion(p project, folder string) (string, error) {
	text, err := os.ReadFile(p.file(filepath.Join(folder, "package.json")))
	if err != nil {
		return "", err
	}
	var manifest struct {
		Version string `json:"version"`
	}
	err = json.Unmarshal(text, &manifest)
	return manifest.Version, err
}
