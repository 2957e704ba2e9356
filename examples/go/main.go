// Command versions sorts the versions that it is given.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"
)

func main() {
	command := &cobra.Command{
		Use:   "versions VERSION…",
		Short: "Sort versions",
		Args:  cobra.MinimumNArgs(1),
		Run: func(_ *cobra.Command, versions []string) {
			semver.Sort(versions)
			fmt.Println(versions)
		},
	}
	if command.Execute() != nil {
		os.Exit(1)
	}
}
