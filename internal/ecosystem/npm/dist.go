package npm

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/npm/rawjson"
	"github.com/feedctl/feedctl/pkg/feed"
)

// dist is the part of a manifest that says where the tarball is and what it
// must be.
type dist struct {
	tarball   string
	integrity string
	shasum    string
}

// readDist reads a "dist" member; what is absent or no text is left empty.
func readDist(value []byte) (d dist, err error) {
	members, err := rawjson.Members(value)
	if len(value) == 0 {
		return dist{}, nil
	}
	d.tarball, _ = rawjson.String(member(members, "tarball"))
	d.integrity, _ = rawjson.String(member(members, "integrity"))
	d.shasum, _ = rawjson.String(member(members, "shasum"))
	return d, err
}

// member returns the value of a key, nil when there is none.
func member(members []rawjson.Member, key string) []byte {
	for _, m := range members {
		if m.Key == key {
			return m.Value
		}
	}
	return nil
}

// digests returns what the tarball must be. Fields that hold no digest count as
// absent; where the two disagree on SHA-1, integrity counts.
func (d dist) digests() feed.Digests {
	digests := feed.Digests{}
	if isSHA1(d.shasum) {
		digests["sha1"] = strings.ToLower(d.shasum)
	}
	if d.integrity == "" {
		return digests
	}
	stronger, err := feed.ParseSRI(d.integrity)
	if err != nil {
		return digests
	}
	return stronger.Merge(digests)
}

func isSHA1(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 20
}

// address returns the absolute address of the tarball: relative ones are
// resolved against the packument's, and without any the conventional one is it.
func (d dist) address(packument, conventional string) (string, error) {
	if d.tarball == "" {
		return conventional, nil
	}
	base, err := url.Parse(packument)
	if err != nil {
		return "", err
	}
	reference, err := url.Parse(d.tarball)
	if err != nil {
		return "", errors.New("dist.tarball is no URL; the registry's metadata is broken or hostile")
	}
	address := base.ResolveReference(reference)
	switch {
	case address.Scheme != "http" && address.Scheme != "https" || address.Host == "" || address.Opaque != "":
		return "", fmt.Errorf("dist.tarball is a %.20q address, want http or https; the registry's metadata is broken or hostile", address.Scheme)
	case address.User != nil:
		return "", errors.New("dist.tarball holds a user or a password; the registry's metadata is broken or hostile")
	}
	address.Fragment, address.RawFragment = "", ""
	return address.String(), nil
}

// isWeb reports whether text is an address that may be published.
func isWeb(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}
