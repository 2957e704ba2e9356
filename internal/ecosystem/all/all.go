// Package all lists the ecosystems that feedctl knows.
package all

import (
	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/cargo"
	"github.com/feedctl/feedctl/internal/ecosystem/golang"
	"github.com/feedctl/feedctl/internal/ecosystem/npm"
	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
)

// Ecosystems returns every ecosystem, ordered by name.
func Ecosystems() []ecosystem.Ecosystem {
	return []ecosystem.Ecosystem{
		cargo.Ecosystem(),
		golang.Ecosystem(),
		npm.Ecosystem(),
		pypi.Ecosystem(),
	}
}
