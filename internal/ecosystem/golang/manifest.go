package golang

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// kindIndirect marks requirements that go.mod calls indirect.
const kindIndirect = "indirect"

// settings is what go.mod and go.work say, and what lies beside them. Folders
// are relative to the file that was read.
type settings struct {
	Mains   []mainModule               `json:"mains"`
	Work    *modgraph.Work             `json:"work,omitempty"`
	Folders map[string]modgraph.Module `json:"folders,omitempty"` // that replace modules, as far as they can be read
	Unread  []string                   `json:"unread,omitempty"`  // folders of a workspace that cannot
	Sums    sums                       `json:"sums,omitempty"`    // go.sum beside them all
}

// mainModule is a go.mod of the project itself.
type mainModule struct {
	Dir string `json:"dir,omitempty"` // in a workspace
	modgraph.Module
}

// input is what the resolver takes.
func (s settings) input() modgraph.Input {
	var mains []modgraph.Module
	for _, main := range s.Mains {
		main.Module.Dir = main.Dir
		mains = append(mains, main.Module)
	}
	if s.Work != nil {
		return s.Work.Input(mains)
	}
	return modgraph.Input{Mains: mains}
}

// replacedBy returns the module whose place a folder or a module takes.
func (s settings) replacedBy(target modgraph.Version) string {
	for _, r := range s.replaces() {
		if r.New == target {
			return r.Old.Path
		}
	}
	return target.Path
}

// replaces lists every replacement, go.work's first, with folders as the
// resolver asks for them.
func (s settings) replaces() []modgraph.Replace {
	var all []modgraph.Replace
	if s.Work != nil {
		all = append(all, s.Work.Replace...)
	}
	for _, main := range s.Mains {
		for _, r := range main.Replace {
			if s.Work != nil && r.New.Version == "" {
				r.New.Path = folderText(path.Join(main.Dir, filepath.ToSlash(r.New.Path)))
			}
			all = append(all, r)
		}
	}
	return all
}

// folderText writes a folder so that it is known as one.
func folderText(folder string) string {
	if modfile.IsDirectoryPath(folder) {
		return folder
	}
	return "./" + folder
}

// ReadMod reads go.mod, with the go.sum beside it and the go.mod of every folder
// below that replaces a module.
func ReadMod(fsys fs.FS, file string) (feed.Request, error) {
	r := manifestReader{fsys: fsys}
	main, err := r.main(file)
	if err != nil {
		return feed.Request{}, err
	}
	r.settings.Mains = []mainModule{{Module: main}}
	if err := r.besides("go.sum"); err != nil {
		return feed.Request{}, err
	}
	return r.request(file)
}

// ReadWork reads go.work with the modules that it uses, as far as they lie below
// it.
func ReadWork(fsys fs.FS, file string) (feed.Request, error) {
	r := manifestReader{fsys: fsys}
	data, err := readFile(fsys, file, modgraph.MaxSize)
	if err != nil {
		return feed.Request{}, err
	}
	work, err := modgraph.ParseWork(file, data)
	if err != nil {
		return feed.Request{}, err
	}
	r.settings.Work = &work
	for i, folder := range work.Use {
		if err := r.use(folder); err != nil {
			return feed.Request{}, err
		}
		work.Use[i] = withoutPlace(folder)
	}
	hidePlaces(work.Replace)
	if err := r.besides("go.work.sum"); err != nil {
		return feed.Request{}, err
	}
	return r.request(file)
}

// manifestReader reads the files of a project.
type manifestReader struct {
	fsys     fs.FS
	settings settings
}

// main reads a go.mod of the project itself.
func (r *manifestReader) main(file string) (modgraph.Module, error) {
	data, err := readFile(r.fsys, file, modgraph.MaxSize)
	if err != nil {
		return modgraph.Module{}, err
	}
	m, err := modgraph.ParseMain(file, data)
	hidePlaces(m.Replace)
	return m, err
}

// use reads a module of a workspace. One that lies elsewhere is noted.
func (r *manifestReader) use(folder string) error {
	dir := path.Clean(filepath.ToSlash(folder))
	if !fs.ValidPath(dir) {
		r.settings.Unread = append(r.settings.Unread, withoutPlace(folder))
		return nil
	}
	main, err := r.main(path.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the workspace uses %s: %w; remove it with \"go work edit -dropuse=%s\"", folder, err, folder)
	}
	if err != nil {
		return err
	}
	r.settings.Mains = append(r.settings.Mains, mainModule{Dir: dir, Module: main})
	return r.besides(path.Join(dir, "go.sum"))
}

// besides takes over the hashes of a go.sum, if there is one.
func (r *manifestReader) besides(file string) error {
	data, err := readFile(r.fsys, file, maxSum)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if r.settings.Sums == nil {
		r.settings.Sums = sums{}
	}
	return r.settings.Sums.add(file, data)
}

// folders reads the go.mod of every folder that replaces a module and can be
// read.
func (r *manifestReader) folders() error {
	for _, replace := range r.settings.replaces() {
		dir := path.Clean(filepath.ToSlash(replace.New.Path))
		if replace.New.Version != "" || !fs.ValidPath(dir) {
			continue
		}
		file := path.Join(dir, "go.mod")
		data, err := readFile(r.fsys, file, modgraph.MaxSize)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		m, err := modgraph.Parse(data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if r.settings.Folders == nil {
			r.settings.Folders = map[string]modgraph.Module{}
		}
		r.settings.Folders[dir] = m
	}
	return nil
}

func (r *manifestReader) request(file string) (feed.Request, error) {
	if err := r.folders(); err != nil {
		return feed.Request{}, err
	}
	request := feed.Request{Ecosystem: name, Input: file}
	for _, main := range r.settings.Mains {
		request.Requirements = append(request.Requirements, requirementsOf(main.Module)...)
	}
	own := map[string]bool{}
	for _, main := range r.settings.Mains {
		own[main.Path] = true
	}
	request.Requirements = slices.DeleteFunc(request.Requirements, func(q feed.Requirement) bool { return own[q.Name] })
	slices.SortFunc(request.Requirements, compareRequirements)
	request.Requirements = slices.Compact(request.Requirements)
	var err error
	request.Settings, err = json.Marshal(r.settings)
	return request, err
}

func compareRequirements(a, b feed.Requirement) int {
	if order := strings.Compare(a.Name, b.Name); order != 0 {
		return order
	}
	if order := Compare(a.Range, b.Range); order != 0 {
		return order
	}
	return strings.Compare(a.Kind, b.Kind)
}

func requirementsOf(m modgraph.Module) []feed.Requirement {
	var all []feed.Requirement
	for _, r := range m.Require {
		requirement := feed.Requirement{Name: r.Path, Range: r.Version}
		if r.Indirect {
			requirement.Kind = kindIndirect
		}
		all = append(all, requirement)
	}
	return all
}

// hidePlaces takes the places of this machine out of folders, because the feed
// keeps them.
func hidePlaces(replaces []modgraph.Replace) {
	for i := range replaces {
		if replaces[i].New.Version == "" {
			replaces[i].New.Path = withoutPlace(replaces[i].New.Path)
		}
	}
}

// withoutPlace writes an absolute path as one that is beside the project.
func withoutPlace(folder string) string {
	slashed := filepath.ToSlash(folder)
	if path.IsAbs(slashed) || filepath.IsAbs(folder) {
		return "../" + path.Base(slashed)
	}
	return folder
}

// readFile reads a file of the project whole.
func readFile(fsys fs.FS, file string, limit int64) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readCapped(f, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return data, nil
}
