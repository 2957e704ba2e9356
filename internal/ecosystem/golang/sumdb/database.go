package sumdb

import (
	"fmt"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/note"

	"github.com/feedctl/feedctl/pkg/feed"
)

// Go's own checksum database: its name, and the verifier key that the go command
// has built in.
const (
	defaultName = "sum.golang.org"
	defaultKey  = defaultName + "+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
)

// database is a checksum database as a client knows it.
type database struct {
	name      string
	key       string // verifier key; "" for Go's own database
	verifiers note.Verifiers
}

// openDatabase returns the database with the given verifier key
// ("name+hash+key"), or Go's own for "". The key of Go's own database cannot be
// replaced.
func openDatabase(key string) (database, error) {
	if key == defaultKey {
		key = ""
	}
	used := key
	if used == "" {
		used = defaultKey
	}
	verifier, err := note.NewVerifier(used)
	if err != nil {
		return database{}, fmt.Errorf("verifier key %q of a checksum database: %w; want NAME+HASH+KEY as its operator publishes it", clip(key), err)
	}
	name := verifier.Name()
	if name == defaultName && key != "" {
		return database{}, fmt.Errorf("verifier key %q is not that of %s; a database of another operator has another name", clip(key), defaultName)
	}
	if err := checkName(name); err != nil {
		return database{}, fmt.Errorf("checksum database: %w", err)
	}
	return database{name: name, key: key, verifiers: note.VerifierList(verifier)}, nil
}

// checkName refuses a name that would not be a folder of its own below sumdb/.
func checkName(name string) error {
	for _, part := range []string{"lookup", "tile"} {
		if strings.Contains("/"+name+"/", "/"+part+"/") {
			return fmt.Errorf("name %q: holds the segment %q", clip(name), part)
		}
	}
	if _, err := feed.EscapeName(root + name); err != nil {
		return err
	}
	return feed.CheckPath(folder + root + name)
}

// path returns the path of a document of the database, below the root of an
// upstream or the ecosystem's folder in the feed.
func (d database) path(document string) string { return root + d.name + "/" + document }

func (d database) lookupPath(modulePath, version string) (string, error) {
	escaped, err := module.EscapePath(modulePath)
	if err != nil {
		return "", err
	}
	escapedVersion, err := module.EscapeVersion(version)
	if err != nil {
		return "", fmt.Errorf("%s: %w", modulePath, err)
	}
	return d.path("lookup/" + escaped + "@" + escapedVersion), nil
}

func clip(text string) string {
	if len(text) > 100 {
		return text[:100] + "…"
	}
	return text
}
