//go:build e2e

package e2e

import (
	"context"
	"path/filepath"
	"testing"
)

// TestBaseURL installs without a lock, which needs right tarball addresses, from a
// feed made without a base URL: npm maps the registry's own addresses by itself,
// feedctl serve gives every client addresses under the name it asks for, and after
// feedctl rebase any server will do.
func TestBaseURL(t *testing.T) {
	feed := filepath.Join(t.TempDir(), "feed")
	feedctl(t, "mirror", "--to", feed, "npm:express@^4.0.0")
	npm, pnpm, yarn := tool(t, "npm", "11.19.1"), tool(t, "pnpm", "10.34.9"), tool(t, "yarn", "1.22.22")

	t.Run("public addresses", func(t *testing.T) {
		installExpress(t, feed, nginx(), registryURL, npm)
	})
	t.Run("feedctl serve", func(t *testing.T) {
		for _, host := range []string{"127.0.0.1", "localhost"} {
			t.Run(host, func(t *testing.T) {
				installExpress(t, feed, feedctlServe(t), "http://"+host+":"+registryPort+"/npm/", npm, pnpm, yarn)
			})
		}
	})
	t.Run("rebase", func(t *testing.T) {
		feedctl(t, "rebase", feedURL, feed)
		feedctl(t, "verify", feed)
		installExpress(t, feed, nginx(), registryURL, npm, pnpm, yarn)
	})
}

// installExpress installs from the feed through the server with each client,
// without a lock.
func installExpress(t *testing.T, feed string, s server, registry string, clients ...client) {
	t.Helper()
	inside := newNamespace(t, feed)
	s.start(t, inside)
	for _, c := range clients {
		t.Run(c.String(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), cellLimit)
			defer cancel()
			p := newProject(t, c, inside, "express")
			p.configure(t, registry)
			if err := p.install(t, ctx, c.fresh()...); err != nil {
				t.Fatal(err)
			}
			if _, err := run(p.node(ctx, "express/check.js")); err != nil {
				t.Fatal(err)
			}
		})
	}
}
