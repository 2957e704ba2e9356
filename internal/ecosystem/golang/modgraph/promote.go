package modgraph

import "slices"

// Promote returns input with main modules that require every module selected in
// g, the graph of input, themselves. "go mod tidy" makes a main module require all
// modules that it uses packages of, and one that prunes then reads their go.mod
// files too. So the graph of a main module that merely names some modules shows
// what they select, and Mentioned of its promoted graph the go.mod files that
// projects read which use these modules.
func Promote(input Input, g Graph) Input {
	mains := slices.Clone(input.Mains)
	for i, main := range mains {
		named := map[string]bool{}
		for _, r := range main.Require {
			named[r.Path] = true
		}
		main.Require = slices.Clone(main.Require)
		for _, n := range g.Selected {
			if n.Version.Version != "" && !named[n.Version.Path] {
				main.Require = append(main.Require, Require{Path: n.Version.Path, Version: n.Version.Version, Indirect: true})
			}
		}
		mains[i] = main
	}
	input.Mains = mains
	return input
}
