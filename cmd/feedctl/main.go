// Feedctl mirrors packages with their whole dependency graph into a static feed
// that any web server hosts.
package main

import (
	"os"

	"github.com/feedctl/feedctl/internal/cli"
)

// version is set by the linker for a release.
var version = ""

func main() {
	os.Exit(cli.Main(version, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
