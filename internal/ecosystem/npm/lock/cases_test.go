package lock

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// Digests for handmade locks.
const (
	sriA  = "sha512-nKNYNdDLuXJ9HSQZbEZPjSsnIJp8hMSBx0FS+f7oDSx1jkuGgZFvHEg9RMALV41MtCM+hG7W2RbHqR8RNr33rg=="
	sriB  = "sha512-bY1+zUODUT2Z2M8+dXQXxR5Zm1DFGVfa05cZ1rwxAHyUW8ZoOmHzK0ldYmLBIGUlLDlSJF7k9hj3vWyLJyfcjA=="
	sri1  = "sha1-W6BJajHmGmSNq8b9JzzpAhTEWQA="
	hex1  = "5ba0496a31e61a648dabc6fd273ce90214c45900"
	commi = "13913c54aa69e905f1a6afb0504f9d790a4f43b7"
)

// files makes a folder of "name: content" pairs.
func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i+1 < len(pairs); i += 2 {
		content := strings.NewReplacer("SRI_A", sriA, "SRI_B", sriB, "SRI_1", sri1, "HEX_1", hex1, "COMMIT", commi).Replace(pairs[i+1])
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(content)}
	}
	return fsys
}

func checkCase(t *testing.T, file string, fsys fstest.MapFS, want string) {
	t.Helper()
	graph := read(t, fsys, file)
	checkGraph(t, graph)
	got := strings.ReplaceAll(drawing(graph), commi, "COMMIT")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("graph differs (-want +got):\n%s", diff)
	}
}
