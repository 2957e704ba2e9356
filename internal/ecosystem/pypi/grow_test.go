package pypi_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem/pypi"
)

// TestMerge keeps what the feed knows of files that the index has lost.
func TestMerge(t *testing.T) {
	for _, row := range []struct{ what, saved, offered, want string }{
		{"the same", `{"python":"3","files":[{"name":"a"}]}`, `{"python":"3","files":[{"name":"a"}]}`, `{"python":"3","files":[{"name":"a"}]}`},
		{"a file more", `{"files":[{"name":"b"}]}`, `{"files":[{"name":"a"},{"name":"b"}]}`, `{"files":[{"name":"a"},{"name":"b"}]}`},
		{"a file less", `{"python":"3","files":[{"name":"a"},{"name":"b","yanked":"x"}]}`, `{"python":"4","files":[{"name":"c"}]}`, `{"python":"4","files":[{"name":"a","python":"3"},{"name":"b","python":"3","yanked":"x"},{"name":"c"}]}`},
		{"yanked since, and a yank taken back", `{"files":[{"name":"a"},{"name":"b","yanked":""}]}`, `{"files":[{"name":"a","yanked":"bad"},{"name":"b"}]}`, `{"files":[{"name":"a","yanked":"bad"},{"name":"b"}]}`},
		{"no JSON", `x`, `{}`, ``},
	} {
		t.Run(row.what, func(t *testing.T) {
			got, err := pypi.Ecosystem().Merge(json.RawMessage(row.saved), json.RawMessage(row.offered))
			if diff := cmp.Diff(row.want, string(got)); diff != "" || (err != nil) != (row.want == "") {
				t.Errorf("%v, -want +got\n%s", err, diff)
			}
		})
	}
}
