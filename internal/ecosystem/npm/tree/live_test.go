//go:build live

package tree

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

// live is the registry that npm on this machine is configured for.
type live struct {
	base   string
	client *http.Client

	mu    sync.Mutex
	known map[string]func() (*Packument, error)
	raw   map[string]map[string]json.RawMessage
}

func newLive(t *testing.T) *live {
	t.Helper()
	out, err := exec.Command("npm", "config", "get", "registry").Output()
	if err != nil {
		t.Fatal(err)
	}
	return &live{
		base: strings.TrimSuffix(strings.TrimSpace(string(out)), "/"), client: &http.Client{Timeout: 2 * time.Minute},
		known: map[string]func() (*Packument, error){}, raw: map[string]map[string]json.RawMessage{},
	}
}

func (l *live) Packument(ctx context.Context, name string, _ func(*Manifest) bool) (*Packument, error) {
	l.mu.Lock()
	load := l.known[name]
	if load == nil {
		load = sync.OnceValues(func() (*Packument, error) { return l.fetch(ctx, name) })
		l.known[name] = load
	}
	l.mu.Unlock()
	return load()
}

func (l *live) fetch(ctx context.Context, name string) (*Packument, error) {
	address := l.base + "/" + strings.Replace(url.PathEscape(name), "%40", "@", 1)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, fmt.Errorf("%s: %w", name, feed.ErrNotFound)
	default:
		return nil, fmt.Errorf("%s: %s", name, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 200<<20))
	if err != nil {
		return nil, err
	}
	return parsePackument(name, body)
}

// tarball answers for the lock from what a manifest's dist says.
func (l *live) tarball(name, version string) (string, string) {
	p, err := l.Packument(context.Background(), name, nil)
	if err != nil {
		return "", ""
	}
	var doc struct {
		Dist struct{ Tarball, Integrity string }
	}
	if m := find(p, version); m != nil {
		lenient(m.Raw(), &doc)
	}
	return doc.Dist.Tarball, doc.Dist.Integrity
}

type lockFile struct {
	Packages map[string]json.RawMessage
}

// npmLock lets the real client choose; on failure it returns the code.
func npmLock(t *testing.T, cache string, requests, flags []string) ([]byte, string) {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{
		"install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund",
		"--omit-lockfile-registry-resolved=false", "--cache", cache,
	}, flags...)
	command := exec.CommandContext(t.Context(), "npm", append(args, requests...)...)
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		if code := regexp.MustCompile(`npm error code (\S+)`).FindSubmatch(out); code != nil {
			return nil, string(code[1])
		}
		t.Fatalf("npm: %v\n%s", err, out)
	}
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	return lock, ""
}

func versions(t *testing.T) Options {
	t.Helper()
	node, err := exec.Command("node", "-p", "process.versions.node").Output()
	if err != nil {
		t.Fatal(err)
	}
	npm, err := exec.Command("npm", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Node: strings.TrimSpace(string(node)), NPM: strings.TrimSpace(string(npm))}
}

// lockEntries reads a lock, without the root and what npm found in bundles.
func lockEntries(t *testing.T, lock []byte) map[string]map[string]any {
	t.Helper()
	var file struct{ Packages map[string]map[string]any }
	if err := json.Unmarshal(lock, &file); err != nil {
		t.Fatal(err)
	}
	delete(file.Packages, "")
	for path, entry := range file.Packages {
		if entry["inBundle"] == true {
			delete(file.Packages, path)
		}
	}
	return file.Packages
}

var rootSets = []struct {
	name  string
	specs string
	flags string
}{
	{"express", "express@4", ""},
	{"vue", "vue@3 vite @vitejs/plugin-vue", ""},
	{"jest", "jest@29 ts-jest@29 typescript@5", ""},
	{"next", "next@15 react react-dom", ""},
	{"nest", "@nestjs/cli @nestjs/core @nestjs/common rxjs reflect-metadata", ""},
	{"gatsby", "gatsby@5 react@18 react-dom@18", ""},
	{"nuxt", "nuxt@3", ""},
	{"eslint", "eslint@9 typescript-eslint typescript@5", ""},
	{"storybook", "storybook @storybook/react-vite react react-dom vite", ""},
	{"docusaurus", "@docusaurus/core@3.8.1 @docusaurus/preset-classic@3.8.1 react react-dom", ""},
	{"cdk", "aws-cdk-lib aws-cdk constructs", ""},
	{"svelte", "svelte@5 @sveltejs/vite-plugin-svelte vite", ""},
	{"tags", "typescript@latest lodash@npm:lodash-es@4 react@18", ""},
	{"refused", "react@17 react-dom@18", ""},
	{"legacy", "react@17 react-dom@18", "--legacy-peer-deps"},
	{"force", "svelte@4 @sveltejs/kit@2", "--force"},
	{"strict", "eslint@9 eslint-config-airbnb@19", "--strict-peer-deps"},
}

// TestLive compares trees and locks with the installed npm's. Packages are
// published all the time: a difference counts only when it stands a second try.
func TestLive(t *testing.T) {
	options := versions(t)
	cache := t.TempDir()
	for _, set := range rootSets {
		t.Run(set.name, func(t *testing.T) {
			var diff string
			for range 2 {
				if diff = compareLive(t, options, cache, strings.Fields(set.specs), strings.Fields(set.flags)); diff == "" {
					return
				}
				cache = t.TempDir()
			}
			t.Error(diff)
		})
	}
}

func compareLive(t *testing.T, options Options, cache string, requests, flags []string) string {
	for _, flag := range flags {
		switch flag {
		case "--legacy-peer-deps":
			options.LegacyPeers = true
		case "--strict-peer-deps":
			options.StrictPeers = true
		case "--force":
			options.Force = true
		}
	}
	registry := newLive(t)
	begin := time.Now()
	lock, code := npmLock(t, cache, requests, flags)
	npmTime := time.Since(begin)
	project := Project{Requests: specs(t, requests...)}
	begin = time.Now()
	if err := Warm(t.Context(), project, options, registry, 24); err != nil {
		t.Fatal(err)
	}
	warmed, warmTime := len(registry.known), time.Since(begin)
	begin = time.Now()
	tree, err := Resolve(t.Context(), project, options, registry)
	t.Logf("npm %v, warm %v for %d names, resolve %v, %d names late", npmTime, warmTime, warmed, time.Since(begin), len(registry.known)-warmed)
	if code != "" || err != nil {
		var unmet *feed.ResolveError
		if err != nil {
			t.Log(err)
		}
		if code != "" && errors.As(err, &unmet) && unmet.Unmet[0].Code == code {
			return ""
		}
		return fmt.Sprintf("npm says %q, we say %v", code, err)
	}
	t.Logf("%d folders, %d warnings", len(tree.Nodes), len(tree.Warnings))
	own, err := tree.Lock(LockOptions{Tarball: registry.tarball})
	if err != nil {
		t.Fatal(err)
	}
	diff := cmp.Diff(lockEntries(t, lock), lockEntries(t, own))
	if diff == "" && !bytes.Equal(withoutRoot(lock), withoutRoot(own)) && !bytes.Contains(lock, []byte("inBundle")) {
		return "same entries, other bytes"
	}
	return diff
}

// withoutRoot cuts a lock before its first folder.
func withoutRoot(lock []byte) []byte {
	if at := bytes.Index(lock, []byte(`"node_modules/`)); at >= 0 {
		return lock[at:]
	}
	return lock
}

// TestInstall lets npm install exactly what a lock of ours names.
func TestInstall(t *testing.T) {
	options, registry, dir := versions(t), newLive(t), t.TempDir()
	manifest := []byte(`{"name":"x","version":"1.0.0","dependencies":{"express":"^4","vite":"^5"},"devDependencies":{"eslint":"^9","aka":"npm:lodash@^4"}}`)
	root, err := ParseProject(manifest)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Resolve(t.Context(), Project{Root: root}, options, registry)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := tree.Lock(LockOptions{Tarball: registry.tarball, OmitMissing: true})
	if err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string][]byte{"package.json": manifest, "package-lock.json": lock} {
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"ci", "--ignore-scripts", "--no-audit", "--no-fund"}, {"ls", "--all"}} {
		command := exec.CommandContext(t.Context(), "npm", args...)
		command.Dir = dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("npm %s: %v\n%s", args[0], err, out)
		}
	}
	after, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil || !bytes.Equal(after, lock) {
		t.Errorf("npm changed the lock: %v", err)
	}
}
