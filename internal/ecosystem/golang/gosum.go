package golang

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem/golang/modgraph"
	"github.com/feedctl/feedctl/pkg/feed"
)

// maxSum is the largest go.sum that is read, in bytes.
const maxSum = 64 << 20

// hashes are the h1 digests that a go.sum gives for a module version, each may be
// empty.
type hashes struct {
	Zip string `json:"zip,omitempty"`
	Mod string `json:"mod,omitempty"`
}

// sums is what go.sum files say, by "path@version".
type sums map[string]hashes

// emptyMod is the hash of an empty go.mod, which an old go command wrote by
// mistake; all since then pass over it.
const emptyMod = "G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="

// add reads a go.sum file. file names it in errors, which say the line.
func (s sums) add(file string, data []byte) error {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		if err := s.addLine(strings.Fields(line)); err != nil {
			return fmt.Errorf("%s:%d: %w; make the file again with \"go mod tidy\"", file, number, err)
		}
	}
	return nil
}

func (s sums) addLine(fields []string) error {
	if len(fields) == 0 {
		return nil
	}
	if len(fields) != 3 {
		return fmt.Errorf("%d words, want MODULE VERSION DIGEST", len(fields))
	}
	version, isMod := strings.CutSuffix(fields[1], "/go.mod")
	if err := checkKey(fields[0], version); err != nil {
		return err
	}
	digest, ok := strings.CutPrefix(fields[2], h1+":")
	if !ok || digest == emptyMod {
		return nil
	}
	if sum, err := base64.StdEncoding.DecodeString(digest); err != nil || len(sum) != 32 {
		return fmt.Errorf("%.100q is no digest; want h1: and 32 bytes in base64", fields[2])
	}
	id := fields[0] + "@" + version
	known := s[id]
	place := &known.Zip
	if isMod {
		place = &known.Mod
	}
	if *place != "" && *place != digest {
		return fmt.Errorf("%s %s: h1:%s here, and h1:%s before", fields[0], fields[1], digest, *place)
	}
	*place = digest
	s[id] = known
	return nil
}

// pins returns what is known of the files of a version, as far as they are
// wanted.
func (s sums) pins(path, version string, wanted []string) []feed.Pin {
	known := s[path+"@"+version]
	var pins []feed.Pin
	for i, base := range fileNames(version, suffixMod, suffixZip) {
		if digest := []string{known.Mod, known.Zip}[i]; digest != "" && slices.Contains(wanted, base) {
			pins = append(pins, feed.Pin{File: base, Digests: feed.Digests{h1: digest}})
		}
	}
	return pins
}

// nodes returns a node for every version, by path and version.
func (s sums) nodes() []feed.Node {
	var nodes []feed.Node
	for id, known := range s {
		path, version := feed.CutVersion(id)
		files := fileNames(version, suffixInfo, suffixMod)
		if known.Zip != "" {
			files = append(files, fileNames(version, suffixZip)...)
		}
		nodes = append(nodes, feed.Node{Name: path, Version: version, Files: files, Pins: s.pins(path, version, files)})
	}
	slices.SortFunc(nodes, compareNodes)
	return nodes
}

func compareNodes(a, b feed.Node) int {
	if order := strings.Compare(a.Name, b.Name); order != 0 {
		return order
	}
	return Compare(a.Version, b.Version)
}

// ReadSum reads go.sum and go.work.sum: exactly what it lists, a zip where the
// hash of one is listed. The requirements of a go.mod beside it become the edges
// of the root.
func ReadSum(fsys fs.FS, file string) (feed.Request, error) {
	data, err := readFile(fsys, file, maxSum)
	if err != nil {
		return feed.Request{}, err
	}
	listed := sums{}
	if err := listed.add(file, data); err != nil {
		return feed.Request{}, err
	}
	if len(listed) == 0 {
		return feed.Request{}, fmt.Errorf("%s lists no module; make it with \"go mod tidy\"", file)
	}
	graph := feed.Graph{Nodes: listed.nodes()}
	l := newLinker(graph.Nodes)
	for _, requirement := range besides(fsys, file) {
		graph.Edges = append(graph.Edges, l.edge(feed.Root, requirement))
	}
	return feed.Request{Ecosystem: name, Input: file, Lock: &graph}, nil
}

// besides returns the requirements of the go.mod beside a go.sum. They only show
// where the graph begins, so a go.mod that cannot be read is as good as none.
func besides(fsys fs.FS, file string) []feed.Requirement {
	if file != "go.sum" {
		return nil
	}
	data, err := readFile(fsys, "go.mod", modgraph.MaxSize)
	if err != nil {
		return nil
	}
	m, err := modgraph.Parse(data)
	if err != nil {
		return nil
	}
	return requirementsOf(m)
}
