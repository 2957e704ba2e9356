package feed

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	key := VersionKey{PackageKey: PackageKey{Ecosystem: "npm", Name: "left-pad"}, Version: "1.3.0"}
	whole := VersionKey{PackageKey: key.PackageKey}
	for _, row := range []struct {
		what string
		err  error
		want string
	}{
		{"release", &PackageError{Key: key, Err: ErrNotFound}, "npm:left-pad@1.3.0: not found"},
		{"package at an upstream", &PackageError{Key: whole, Upstream: "main", Err: ErrNotFound}, `npm:left-pad: upstream "main": not found`},
		{"integrity", &IntegrityError{Path: "npm/x.tgz", Got: "12 bytes", Want: "13 bytes"}, "npm/x.tgz: got 12 bytes, want 13 bytes"},
		{"upstream status", &UpstreamError{Upstream: "main", URL: "https://registry.example/x", Status: 503}, `upstream "main": https://registry.example/x: 503 Service Unavailable`},
		{"upstream without an answer", &UpstreamError{URL: "https://registry.example/x", Err: errors.New("no route")}, "https://registry.example/x: no route"},
		{
			"two unmet requirements",
			&ResolveError{Unmet: []Unmet{
				{
					Requirement: Requirement{Name: "a", Range: "^2"}, Code: "ETARGET",
					Path:    []VersionKey{{PackageKey{"npm", "root"}, "1.0.0"}, {PackageKey{"npm", "b"}, "2.0.0"}},
					Reasons: []string{"1.0.0: too old"},
				},
				{Requirement: Requirement{Name: "c", Alias: "d"}},
			}},
			"ETARGET: nothing satisfies a@^2\n  required by root@1.0.0 > b@2.0.0\n  1.0.0: too old\nnothing satisfies d (c)",
		},
	} {
		t.Run(row.what, func(t *testing.T) {
			if got := row.err.Error(); got != row.want {
				t.Errorf("got  %s\nwant %s", got, row.want)
			}
		})
	}
}

func TestErrorsUnwrap(t *testing.T) {
	for _, err := range []error{&PackageError{Err: ErrNotFound}, &UpstreamError{Err: ErrNotFound}} {
		if !errors.Is(fmt.Errorf("reading: %w", err), ErrNotFound) {
			t.Errorf("%T hides its cause", err)
		}
	}
}

func TestTemporary(t *testing.T) {
	for status, want := range map[int]bool{
		0: true, 408: true, 425: true, 429: true, 500: true, 503: true, 599: true,
		200: false, 301: false, 400: false, 401: false, 403: false, 404: false, 410: false, 422: false,
	} {
		if got := (&UpstreamError{Status: status}).Temporary(); got != want {
			t.Errorf("status %d: Temporary() = %v, want %v", status, got, want)
		}
	}
}

func TestLayoutAndPackage(t *testing.T) {
	if l := (Layout{Extras: []string{"ping", "search"}}); !l.Extra("search") || l.Extra("sea") {
		t.Error("Extra does not tell what was asked for")
	}
	p := Package{Releases: []Release{{Version: "1"}, {Version: "2"}}}
	if p.Release("2") != &p.Releases[1] || p.Release("3") != nil {
		t.Error("Release does not return the release itself, or nil")
	}
}
