package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// write puts a file where it belongs, with the folders above it.
func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// copyFiles copies the files of a folder that are there.
func copyFiles(from, to string, names ...string) error {
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := write(filepath.Join(to, name), data); err != nil {
			return err
		}
	}
	return nil
}

// project copies what a client reads to a folder of its own.
func (k *kind) project(from, to string, withLock bool) error {
	names := append([]string{k.manifest}, k.others...)
	if withLock {
		names = append(names, k.lock)
	}
	for _, source := range k.sources {
		if err := write(filepath.Join(to, source), nil); err != nil {
			return err
		}
	}
	return copyFiles(from, to, names...)
}

// place is where the upstreams are: at the loopback upstream with the address base,
// or without one where the machine's settings have them.
type place struct {
	base      string
	authority string // file with the certificate to trust; "" without TLS
}

// trust are the variables that name such a file to the programs that are measured.
var trust = []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "npm_config_cafile", "CARGO_HTTP_CAINFO", "PIP_CERT"}

// upstream is the environment that leads a program there.
func (p place) upstream(k *kind) []string {
	if p.base == "" {
		return nil
	}
	var env []string
	for _, setting := range k.upstream {
		env = append(env, strings.ReplaceAll(setting, baseWord, p.base))
	}
	if p.authority != "" {
		for _, variable := range trust {
			env = append(env, variable+"="+p.authority)
		}
	}
	return env
}

// environment is what a client needs, with its own files in the folder fresh.
func (p place) environment(k *kind, fresh string) []string {
	var env []string
	for _, setting := range k.environment {
		env = append(env, strings.ReplaceAll(setting, freshWord, fresh))
	}
	return append(env, p.upstream(k)...)
}

// lead returns the environment that leads feedctl there; scratch is for settings.
func (p place) lead(k *kind, scratch string) ([]string, error) {
	env := p.upstream(k)
	if p.base == "" || k.settings.loopback == "" {
		return env, nil
	}
	folder := filepath.Join(scratch, "settings")
	return append(env, k.settings.variable+"="+folder), k.settings.copyTo(folder, p)
}

// client is a command of a native client, in a project of its own and with caches
// of its own, both below scratch.
func (k *kind) client(from, scratch string, words []string, withLock bool, p place, packages []string) (job, error) {
	fresh := filepath.Join(scratch, "home")
	j := job{dir: filepath.Join(scratch, "project"), env: p.environment(k, fresh)}
	for _, word := range words {
		if word == packageWords {
			j.args = append(j.args, packages...)
		} else {
			j.args = append(j.args, word)
		}
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return job{}, err
	}
	if err := k.settings.copyTo(fresh, p); err != nil {
		return job{}, err
	}
	return j, k.project(from, j.dir, withLock)
}

func (s settings) copyTo(fresh string, p place) error {
	if s.variable == "" {
		return nil
	}
	if p.base != "" {
		return write(filepath.Join(fresh, s.files[0]), []byte(strings.ReplaceAll(s.loopback, baseWord, p.base)))
	}
	folder := os.Getenv(s.variable)
	if folder == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return err
		}
		folder = filepath.Join(home, s.home)
	}
	return copyFiles(folder, fresh, s.files...)
}

// moveLock rewrites the addresses in a lock to those of another registry.
func moveLock(path, from, to string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	moved := strings.ReplaceAll(string(data), `"`+strings.TrimRight(from, "/")+"/", `"`+to)
	if moved == string(data) {
		return fmt.Errorf("%s has no address of the registry that the client is configured for", filepath.Base(path))
	}
	return write(path, []byte(moved))
}
