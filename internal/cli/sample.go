package cli

import "github.com/feedctl/feedctl/internal/ecosystem/all"

// samples are names for help texts.
type samples struct {
	lock, requirement, name, pattern string
}

// sample takes the names from the first ecosystem, so that the commands know
// none.
func sample() samples {
	first := all.Ecosystems()[0]
	e := first.Examples
	return samples{
		lock: e.Lock, requirement: first.Name + ":" + e.Requirement,
		name: first.Name + ":" + e.Name, pattern: first.Name + ":" + e.Pattern,
	}
}
