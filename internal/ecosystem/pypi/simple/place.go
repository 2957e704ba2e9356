package simple

import (
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// Flat begins the address of a flat page or folder.
const Flat = "flat+"

// place is where an index is: at an address or in a folder.
type place struct {
	url    *url.URL // http or https, or nil
	folder string   // path on this machine, or ""
	flat   bool     // one page, or one folder, for all projects
}

// parsePlace reads the address of an index.
func parsePlace(config ecosystem.UpstreamConfig) (place, error) {
	address, flat := strings.CutPrefix(config.URL, Flat)
	where := place{flat: flat}
	if filepath.IsAbs(address) {
		where.folder = filepath.Clean(address)
		return where, nil
	}
	parsed, err := url.Parse(address)
	switch {
	case err == nil && parsed.Scheme == "file" && (parsed.Host == "" || parsed.Host == "localhost") && parsed.Path != "":
		where.folder = localPath(parsed.Path)
		return where, nil
	case err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "":
		return place{}, fmt.Errorf("upstream %q: %s is no address of a package index; want https://HOST/PATH/simple/, file:///FOLDER, or %shttps://HOST/PAGE for a page of files (%s)",
			config.Name, web.Redact(config.URL), Flat, config.FoundIn)
	case parsed.User != nil || parsed.Fragment != "" || parsed.RawQuery != "" && !flat:
		return place{}, fmt.Errorf("upstream %q: the address %s of a package index must hold no user, query or fragment; give credentials separately (%s)",
			config.Name, web.Redact(config.URL), config.FoundIn)
	}
	where.url = parsed
	return where, nil
}

// localPath turns the path of a file URL into one of this machine.
func localPath(path string) string {
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/")
	}
	return filepath.Clean(filepath.FromSlash(path))
}

// fileURL is the address of a file or, with a slash at its end, of a folder of
// this machine.
func fileURL(path string, folder bool) *url.URL {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if folder && !strings.HasSuffix(path, "/") {
		path += "/"
	}
	return &url.URL{Scheme: "file", Path: path}
}
