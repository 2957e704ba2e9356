// Package tamper changes every kind of file of a feed in every way, and looks
// whether verify names each one.
package tamper

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/feedctl/feedctl/internal/cli"
	"github.com/feedctl/feedctl/internal/faults/faulttest"
	"github.com/feedctl/feedctl/internal/mirror"
	"github.com/feedctl/feedctl/internal/verify"
	"github.com/feedctl/feedctl/internal/web"
)

// feeds are a feed of all ecosystems and what it was one publish before.
type feeds struct {
	dir, old string
	files    []string          // paths, sorted
	content  map[string][]byte // by path
}

// newFeeds mirrors a world twice.
func newFeeds(t *testing.T) *feeds {
	t.Helper()
	if testing.Short() {
		t.Skip("a feed of all ecosystems takes time")
	}
	world, err := faulttest.NewWorld(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	client, err := web.New(web.Options{Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	f := &feeds{dir: filepath.Join(t.TempDir(), "feed"), old: filepath.Join(t.TempDir(), "old")}
	for _, kind := range []string{"base", "free", "lock"} {
		var inputs []string
		for _, name := range slices.Sorted(maps.Keys(world.Servers)) {
			inputs = append(inputs, world.Inputs(name, kind)...)
		}
		if _, err := mirror.Run(t.Context(), world.Options(f.dir, inputs...), world.Surroundings(client)); err != nil {
			t.Fatal(err)
		}
		if kind == "base" {
			if err := os.CopyFS(f.old, os.DirFS(f.dir)); err != nil {
				t.Fatal(err)
			}
		}
	}
	tree, err := faulttest.Tree(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	f.files, f.content = slices.Sorted(maps.Keys(tree)), map[string][]byte{}
	for _, name := range f.files {
		f.content[name] = f.read(t, name)
	}
	if code, findings := f.verify(t); code != 0 {
		t.Fatalf("exit code %d before anything is changed: %+v", code, findings)
	}
	return f
}

func (f *feeds) at(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

func (f *feeds) read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(f.at(name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// write puts a file of its own in the place of one that may have other names.
func (f *feeds) write(t *testing.T, name string, data []byte) {
	t.Helper()
	_ = os.Remove(f.at(name))
	if err := os.MkdirAll(filepath.Dir(f.at(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.at(name), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (f *feeds) restore(t *testing.T, name string) {
	t.Helper()
	if data, ok := f.content[name]; ok {
		f.write(t, name, data)
		return
	}
	if err := os.RemoveAll(f.at(name)); err != nil {
		t.Fatal(err)
	}
}

// verify runs the command. Findings are nil when it could not verify at all; then
// what it says comes as one finding.
func (f *feeds) verify(t *testing.T) (int, []verify.Finding) {
	t.Helper()
	var out, errors bytes.Buffer
	code := cli.Main("test", []string{"verify", "--json", f.dir}, strings.NewReader(""), &out, &errors)
	var report verify.Report
	if code == 1 {
		return code, []verify.Finding{{Code: "error", Message: errors.String()}}
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("exit code %d: %v; %s%s", code, err, out.String(), errors.String())
	}
	return code, report.Findings
}

// names reports whether a finding names a file.
func names(findings []verify.Finding, name string) bool {
	return slices.ContainsFunc(findings, func(one verify.Finding) bool {
		return one.Path == name || one.Code == "error" && strings.Contains(one.Message, name)
	})
}

// class says what a file is.
func class(name string) string {
	ecosystem, rest, _ := strings.Cut(name, "/")
	switch {
	case name == "feed.json" || name == "index.html":
		return name
	case ecosystem == "locks":
		return "chosen lock"
	case ecosystem == "ledger":
		parts := strings.Split(rest, "/")
		switch {
		case parts[1] == "lists":
			return parts[0] + " list"
		case parts[1] == "roots" && parts[2] == "list.json":
			return parts[0] + " list of roots"
		case parts[1] == "roots":
			return parts[0] + " root record"
		case strings.Contains(rest, "sumdb"):
			return parts[0] + " record of evidence"
		}
		return parts[0] + " ledger record"
	case strings.HasPrefix(rest, "sumdb/"):
		return ecosystem + " evidence"
	case strings.HasPrefix(rest, "dl/"):
		return ecosystem + " second name of an artifact"
	}
	switch path.Ext(name) {
	case ".tgz", ".crate", ".zip", ".whl", ".gz", ".info", ".mod", ".metadata":
		return ecosystem + " artifact"
	}
	return ecosystem + " document"
}

// change is a way to change a file that is there. It returns nil for no file.
type change struct {
	name string
	do   func(f *feeds, name string, data []byte) []byte
}

func flip(at func(n int) int) func(*feeds, string, []byte) []byte {
	return func(_ *feeds, _ string, data []byte) []byte {
		if len(data) == 0 {
			return []byte{1}
		}
		data = bytes.Clone(data)
		data[at(len(data))] ^= 1
		return data
	}
}

func changes() []change {
	return []change{
		{"first byte flipped", flip(func(int) int { return 0 })},
		{"middle byte flipped", flip(func(n int) int { return n / 2 })},
		{"last byte flipped", flip(func(n int) int { return n - 1 })},
		{"last byte cut", func(_ *feeds, _ string, data []byte) []byte { return data[:max(len(data)-1, 0)] }},
		{"cut in half", func(_ *feeds, _ string, data []byte) []byte { return data[:len(data)/2] }},
		{"a byte more", func(_ *feeds, _ string, data []byte) []byte { return append(bytes.Clone(data), '\n') }},
		{"emptied", func(*feeds, string, []byte) []byte { return []byte{} }},
		{"deleted", func(*feeds, string, []byte) []byte { return nil }},
		{"swapped with another of its kind", func(f *feeds, name string, _ []byte) []byte { return f.content[f.like(name)] }},
		{"edited by hand", func(_ *feeds, _ string, data []byte) []byte { return edited(data) }},
	}
}

// like returns another file of the same class with other content, or any file.
func (f *feeds) like(name string) string {
	for _, other := range f.files {
		if class(other) == class(name) && !bytes.Equal(f.content[other], f.content[name]) {
			return other
		}
	}
	return f.files[len(f.files)/2]
}

// edited changes the first digit, as a person would who corrects a number.
func edited(data []byte) []byte {
	data = bytes.Clone(data)
	for i, c := range data {
		if c >= '0' && c <= '8' {
			data[i]++
			return data
		}
	}
	return append(data, ' ')
}

// chosen are the files to try: all of them in the long form, else one of each
// class.
func (f *feeds) chosen() []string {
	if isLong {
		return f.files
	}
	var some []string
	seen := map[string]bool{}
	for _, name := range f.files {
		if !seen[class(name)] {
			seen[class(name)] = true
			some = append(some, name)
		}
	}
	return some
}

// skip leaves out most of the changes in the short form; over all classes of files
// each change has its turn.
func skip(file, change int) bool { return !isLong && (file+change)%4 != 0 }

var isLong = os.Getenv("FEEDCTL_FAULTS") == "long"

// counts is a table of what was tried.
type counts map[string]*[2]int // tried, named; by class

func (c counts) add(class string, named bool) {
	if c[class] == nil {
		c[class] = &[2]int{}
	}
	c[class][0]++
	if named {
		c[class][1]++
	}
}

func (c counts) String() string {
	var b strings.Builder
	b.WriteString("\n| files | changes | named by verify |\n|---|---|---|\n")
	for _, class := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "| %s | %d | %d |\n", class, c[class][0], c[class][1])
	}
	return b.String()
}

// TestChanges changes one file at a time. What feed.json says of itself has a test
// of its own.
func TestChanges(t *testing.T) {
	f := newFeeds(t)
	tried := counts{}
	for n, name := range f.chosen() {
		for i, change := range changes() {
			data := change.do(f, name, f.content[name])
			if bytes.Equal(data, f.content[name]) && data != nil || name == "feed.json" && harmless(f.content[name], data) || skip(n, i) {
				continue
			}
			if f.write(t, name, data); data == nil {
				if err := os.Remove(f.at(name)); err != nil {
					t.Fatal(err)
				}
			}
			code, findings := f.verify(t)
			named := names(findings, name) && code != 0 || name == "feed.json" && len(findings) > 0
			if tried.add(class(name), named); !named {
				t.Errorf("%s %s: exit code %d, %+v", name, change.name, code, findings)
			}
			if code != 3 && name != "feed.json" {
				t.Errorf("%s %s: exit code %d, want 3; %+v", name, change.name, code, findings)
			}
			f.restore(t, name)
		}
		f.touched(t, name)
	}
	t.Log(tried)
}

// touched checks that another time of change is no finding.
func (f *feeds) touched(t *testing.T, name string) {
	t.Helper()
	when := time.Unix(1_000_000_000, 0)
	if err := os.Chtimes(f.at(name), when, when); err != nil {
		t.Fatal(err)
	}
	if code, findings := f.verify(t); code != 0 {
		t.Errorf("%s touched: exit code %d, %+v", name, code, findings)
	}
}

// TestAdded puts files where none belong.
func TestAdded(t *testing.T) {
	f := newFeeds(t)
	folders := map[string]bool{".": true, "new": true, "ledger": true, "ledger/new": true, "ledger/new/packages": true, "locks": true, "views/new": true}
	for _, name := range f.files {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	tried := counts{}
	for i, folder := range slices.Sorted(maps.Keys(folders)) {
		if !isLong && i%4 != 0 && !strings.HasPrefix(folder, "ledger/new") {
			continue
		}
		for _, base := range []string{"surplus.json", ".hidden", "Index.HTML"} {
			name := path.Join(folder, base)
			if f.content[name] != nil || !isLong && base != "surplus.json" {
				continue
			}
			f.write(t, name, []byte("{}"))
			code, findings := f.verify(t)
			named := code == 3 && names(findings, name)
			if tried.add("added in "+strings.Split(folder, "/")[0], named); !named {
				t.Errorf("%s added: exit code %d, %+v", name, code, findings)
			}
			top, _, _ := strings.Cut(name, "/")
			if top == "new" || top == "views" {
				name = top
			} else if strings.HasPrefix(name, "ledger/new/") {
				name = "ledger/new"
			}
			f.restore(t, name)
		}
	}
	t.Log(tried)
}

// TestRollback puts back what was there one publish before.
func TestRollback(t *testing.T) {
	f := newFeeds(t)
	old, err := os.ReadFile(filepath.Join(f.old, "feed.json"))
	if err != nil {
		t.Fatal(err)
	}
	f.write(t, "feed.json", old)
	code, findings := f.verify(t)
	for _, ecosystem := range []string{"cargo", "go", "npm", "pypi"} {
		if list := "ledger/" + ecosystem + "/lists/root.json"; code != 3 || !names(findings, list) {
			t.Errorf("an old feed.json: exit code %d, and %s is not named: %+v", code, list, findings)
		}
	}
	for _, name := range f.files {
		if !strings.HasPrefix(name, "ledger/") {
			continue
		}
		if data, err := os.ReadFile(filepath.Join(f.old, filepath.FromSlash(name))); err == nil {
			f.write(t, name, data)
		}
	}
	code, findings = f.verify(t)
	for _, name := range f.files {
		before, err := os.ReadFile(filepath.Join(f.old, filepath.FromSlash(name)))
		if added := err != nil; (added || !bytes.Equal(before, f.content[name])) && !strings.HasPrefix(name, "ledger/") && name != "feed.json" && (code != 3 || !names(findings, name)) {
			t.Errorf("an old feed.json with its ledger: exit code %d, and %s is not named", code, name)
		}
	}
}

// TestForgedRecords edits a record of the ledger and corrects the digests above it,
// up to some height.
func TestForgedRecords(t *testing.T) {
	f := newFeeds(t)
	tried, turn := counts{}, 0
	for _, name := range f.files {
		if !strings.Contains(class(name), "record") {
			continue
		}
		for height := range 4 {
			forged := disproved(f.content[name])
			if turn++; forged == nil || !isLong && turn%5 != 0 {
				continue
			}
			touched := f.forge(t, name, forged, height)
			code, findings := f.verify(t)
			named := code != 0 && len(findings) > 0
			if tried.add(fmt.Sprintf("%s, with %d digests above it corrected", class(name), len(touched)-1), named); !named {
				t.Errorf("%s, and %q corrected: exit code %d, %+v", name, touched[1:], code, findings)
			}
			for _, one := range touched {
				f.restore(t, one)
			}
		}
	}
	t.Log(tried)
}

// disproved changes the first size or digest of a record, which the artifact itself
// disproves.
func disproved(data []byte) []byte {
	for _, key := range []string{`"sha256":"`, `"size":`, `"releases":["`} {
		if at := bytes.Index(data, []byte(key)); at >= 0 {
			data = bytes.Clone(data)
			switch at += len(key); data[at] {
			case '9', 'f', 'z':
				data[at]--
			default:
				data[at]++
			}
			return data
		}
	}
	return nil
}

// forge writes a record and corrects the digests of the files above it; it returns
// the files that it changed.
func (f *feeds) forge(t *testing.T, name string, forged []byte, height int) []string {
	t.Helper()
	touched := []string{name}
	before, after := fmt.Sprintf("%x", sha256.Sum256(f.content[name])), fmt.Sprintf("%x", sha256.Sum256(forged))
	f.write(t, name, forged)
	for range height {
		above := ""
		for _, candidate := range f.files {
			if candidate != name && bytes.Contains(f.content[candidate], []byte(before)) &&
				(candidate == "feed.json" || strings.HasPrefix(candidate, "ledger/")) {
				above = candidate
			}
		}
		if above == "" {
			break
		}
		data := bytes.ReplaceAll(f.content[above], []byte(before), []byte(after))
		f.write(t, above, data)
		before, after = fmt.Sprintf("%x", sha256.Sum256(f.content[above])), fmt.Sprintf("%x", sha256.Sum256(data))
		name, touched = above, append(touched, above)
	}
	return touched
}
