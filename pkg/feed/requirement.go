package feed

// Requirement asks for some version of a package.
type Requirement struct {
	Name  string `json:"name"`            // real name of the package, as the ecosystem spells it
	Range string `json:"range,omitempty"` // in the ecosystem's own grammar; empty means any
	Alias string `json:"alias,omitempty"` // name it is installed under, where that differs
	Kind  string `json:"kind,omitempty"`  // the ecosystem's word for the edge: "dev", "peer", "optional", …; empty is the ordinary one
}

func (r Requirement) String() string {
	text := r.Name
	if r.Range != "" {
		text += "@" + r.Range
	}
	if r.Alias != "" {
		text = r.Alias + " (" + text + ")"
	}
	return text
}
