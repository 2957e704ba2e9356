// Command docgen writes the man pages and shell completions of feedctl, which
// the release archives carry. It lives outside the binary so that feedctl does
// not link the documentation generator.
//
//	go run ./internal/docgen -out dist-docs
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/feedctl/feedctl/internal/cli"
)

func main() {
	out := flag.String("out", "dist-docs", "folder to write to; made when missing")
	version := flag.String("version", "dev", "version named in the man pages")
	flag.Parse()
	if err := generate(cli.NewRoot(*version), *version, *out); err != nil {
		fmt.Fprintln(os.Stderr, "docgen:", err)
		os.Exit(1)
	}
}

// generate writes man/*.1 and completions/* of the command tree below dir. The
// date in the man pages is SOURCE_DATE_EPOCH when set, so that the same commit
// gives the same bytes.
func generate(root *cobra.Command, version, dir string) error {
	if err := writeManPages(root, version, filepath.Join(dir, "man")); err != nil {
		return err
	}
	return writeCompletions(root, filepath.Join(dir, "completions"))
}

func writeManPages(root *cobra.Command, version, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root.DisableAutoGenTag = true
	header := &doc.GenManHeader{Section: "1", Source: root.Name() + " " + version, Manual: "User Commands"}
	if err := doc.GenManTree(root, header, dir); err != nil {
		return fmt.Errorf("man pages in %s: %w", dir, err)
	}
	return nil
}

func writeCompletions(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := root.Name()
	for _, shell := range []struct {
		file  string
		write func(path string) error
	}{
		{name + ".bash", func(path string) error { return root.GenBashCompletionFileV2(path, true) }},
		{"_" + name, root.GenZshCompletionFile},
		{name + ".fish", func(path string) error { return root.GenFishCompletionFile(path, true) }},
		{name + ".ps1", root.GenPowerShellCompletionFileWithDesc},
	} {
		if err := shell.write(filepath.Join(dir, shell.file)); err != nil {
			return fmt.Errorf("completion %s: %w", shell.file, err)
		}
	}
	return nil
}
