package feed

// PackageKey names a package within an ecosystem.
type PackageKey struct {
	Ecosystem string `json:"ecosystem"` // "npm", "go", …
	Name      string `json:"name"`      // as the ecosystem spells it
}

func (k PackageKey) String() string { return k.Ecosystem + ":" + k.Name }

// VersionKey names one release of a package.
type VersionKey struct {
	PackageKey
	Version string `json:"version"`
}

func (k VersionKey) String() string {
	if k.Version == "" {
		return k.PackageKey.String()
	}
	return k.PackageKey.String() + "@" + k.Version
}
