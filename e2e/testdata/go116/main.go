// The fixture has a module graph as before Go 1.17: nothing is pruned.
package main

import "github.com/spf13/cobra"

func main() { _ = cobra.Command{} }
