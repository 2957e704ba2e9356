//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
)

// TestCorepack lets corepack fetch a package manager from a feed: it asks for
// version manifests, which a feed holds on request only.
func TestCorepack(t *testing.T) {
	const version = "10.34.9"
	feed := mirror(t, "npm:pnpm@"+version, "--extra", "endpoints")
	inside := newNamespace(t, feed)
	nginx().start(t, inside)
	ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
	defer cancel()
	corepack := tool(t, "corepack", "0.36.0")
	p := newProject(t, corepack, inside, "express")
	env := append(cleanEnvironment(corepack, inside.tempDir(t)), "COREPACK_NPM_REGISTRY="+feedURL+"npm",
		"COREPACK_INTEGRITY_KEYS=0", "COREPACK_ENABLE_DOWNLOAD_PROMPT=0")
	got, err := output(inside.command(ctx, p.dir, env, "corepack", "pnpm@"+version, "--version"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.TrimSpace(string(got)) != version {
		t.Errorf("corepack ran pnpm %q, want %s", got, version)
	}
}
