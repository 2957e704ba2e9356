package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"unicode"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// variableName is how variables are named. Capital letters alone, so that a token
// written by mistake where a name belongs is refused rather than looked up and
// shown in an error.
var variableName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,99}$`)

// credentials reads the reference and follows it.
//
// Credentials that cannot be found are a problem of the upstream, which matters
// when it is asked: a run whose packages are all saved goes on without them.
func (l *loader) credentials(config *ecosystem.UpstreamConfig, entry credentialsEntry) {
	if entry.line == 0 || !l.wellFormed(entry) || config.URL == "" {
		return
	}
	if config.Disabled {
		return
	}
	if err := l.follow(config, entry); err != nil {
		config.Problem = fmt.Errorf("%s:%d: credentials: %w", l.problems.file, entry.line, err)
	}
}

// wellFormed reports whether an entry is one of the forms.
func (l *loader) wellFormed(entry credentialsEntry) bool {
	forms := 0
	for _, is := range []bool{
		entry.Env.line > 0, entry.Netrc.line > 0, entry.Client.line > 0,
		entry.Username.line > 0 || entry.UsernameEnv.line > 0 || entry.PasswordEnv.line > 0,
	} {
		if is {
			forms++
		}
	}
	before := len(l.problems.all)
	if forms > 1 {
		l.problems.at(entry.line, "credentials: want one of {env: NAME}, {username: NAME, password_env: NAME}, {netrc: true}, {client: true}")
	}
	if (entry.Username.line > 0 || entry.UsernameEnv.line > 0) != (entry.PasswordEnv.line > 0) {
		l.problems.at(entry.line, "credentials: a username and a password_env go together")
	}
	if entry.Username.line > 0 && entry.UsernameEnv.line > 0 {
		l.problems.at(entry.UsernameEnv.line, "credentials: a username is given already")
	}
	if strings.ContainsFunc(entry.Username.v, func(r rune) bool { return r == ':' || unicode.IsControl(r) }) {
		l.problems.at(entry.Username.line, "credentials: username: no colon may be in it; the password does not belong into this file")
	}
	for _, name := range []value[string]{entry.Env, entry.UsernameEnv, entry.PasswordEnv} {
		if name.line > 0 && !name.bad && !variableName.MatchString(name.v) {
			l.problems.at(name.line, "credentials: want the name of an environment variable, in capital letters, digits and underscores; a secret does not belong into this file")
		}
	}
	return len(l.problems.all) == before
}

// follow finds what the reference refers to.
func (l *loader) follow(config *ecosystem.UpstreamConfig, entry credentialsEntry) error {
	switch {
	case entry.Env.line > 0:
		token, err := l.secret(entry.Env.v)
		if err == nil {
			config.Access.Authorization = web.Secret("Bearer " + token)
		}
		return err
	case entry.PasswordEnv.line > 0:
		return l.basic(config, entry)
	case entry.Netrc.v:
		return l.netrc(config)
	case entry.Client.v:
		return l.client(config)
	}
	return nil
}

// secret returns the value of a variable. Blanks and line ends around it, which
// come along with text from files, are not part of it.
func (l *loader) secret(name string) (string, error) {
	text, _ := l.getenv(name)
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fmt.Errorf("the environment variable %s is not set", name)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", fmt.Errorf("the environment variable %s holds more than one line", name)
	}
	return text, nil
}

func (l *loader) basic(config *ecosystem.UpstreamConfig, entry credentialsEntry) error {
	user := entry.Username.v
	if entry.UsernameEnv.line > 0 {
		var err error
		if user, err = l.secret(entry.UsernameEnv.v); err != nil {
			return err
		}
	}
	password, err := l.secret(entry.PasswordEnv.v)
	if err != nil {
		return err
	}
	config.Access.Authorization = basic(user, password)
	return nil
}

func basic(user, password string) web.Secret {
	return web.Secret("Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
}

// netrc looks the host up in the user's netrc, which NETRC may name.
func (l *loader) netrc(config *ecosystem.UpstreamConfig) error {
	u, err := url.Parse(config.URL)
	if err != nil || u.Hostname() == "" {
		return errors.New("netrc: the address names no host")
	}
	path := l.netrcPath()
	data, err := readFile(path)
	if err != nil {
		return fmt.Errorf("netrc: %w", err)
	}
	entry, ok := findMachine(string(data), u.Hostname())
	switch {
	case !ok:
		return fmt.Errorf("netrc: %s has no machine %s", path, u.Hostname())
	case entry.Password == "":
		return fmt.Errorf("netrc: the machine %s has no password in %s", u.Hostname(), path)
	}
	config.Access.Authorization = basic(entry.Login, entry.Password)
	return nil
}

func (l *loader) netrcPath() string {
	if path, ok := l.getenv("NETRC"); ok {
		return path
	}
	name := ".netrc"
	if runtime.GOOS == "windows" {
		name = "_netrc"
	}
	return filepath.Join(l.home, name)
}

// client asks the package manager's own settings.
func (l *loader) client(config *ecosystem.UpstreamConfig) error {
	if l.access == nil {
		return errors.New("the package manager's own settings cannot be read here; write credentials: {env: NAME}")
	}
	access, err := l.access(*config)
	if err != nil {
		return err
	}
	access.Upstream = config.Name
	access.CAFiles = append(access.CAFiles, config.Access.CAFiles...)
	config.Access = access
	return nil
}
