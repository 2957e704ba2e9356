package dist

import (
	"errors"
	"fmt"

	"github.com/pelletier/go-toml/v2"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi/pep/marker"
)

// Build is what a source distribution says of building it (PEP 517, 518). What its
// backend asks for besides is not known without running it.
type Build struct {
	Declared bool                 // pyproject.toml has [build-system] requires; else Requires is the default
	Requires []marker.Requirement // of the build, in the order of the file
	Backend  string               // "" is setuptools' for old projects
}

// defaultBuild is what installers take for a project without [build-system].
const defaultBuild = "setuptools>=40.8.0"

// maxBuild is how many requirements of a build are read.
const maxBuild = 1000

// ReadBuild reads [build-system] of a pyproject.toml; nil means that there is none.
func ReadBuild(pyproject []byte) (Build, error) {
	var file struct {
		System *struct {
			Requires *[]string `toml:"requires"`
			Backend  string    `toml:"build-backend"`
		} `toml:"build-system"`
	}
	if err := toml.Unmarshal(pyproject, &file); err != nil {
		return Build{}, fmt.Errorf("pyproject.toml: %w", plain(err))
	}
	build, texts := Build{}, []string{defaultBuild}
	if file.System != nil {
		build.Backend = clip(file.System.Backend)
		if file.System.Requires != nil {
			build.Declared, texts = true, *file.System.Requires
		}
	}
	if len(texts) > maxBuild {
		return Build{}, fmt.Errorf("pyproject.toml: [build-system] requires more than %d packages", maxBuild)
	}
	for _, text := range texts {
		requirement, err := marker.ParseLenient(text)
		if err != nil {
			return Build{}, fmt.Errorf("pyproject.toml: [build-system] requires %q: %w", clip(text), err)
		}
		build.Requires = append(build.Requires, requirement)
	}
	return build, nil
}

// plain names the place of an error without the text around it.
func plain(err error) error {
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		row, column := wrong.Position()
		return fmt.Errorf("line %d, column %d: %s", row, column, clip(wrong.Error()))
	}
	return errors.New(clip(err.Error()))
}
