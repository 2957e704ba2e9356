package lock

import "testing"

func TestArtifactBase(t *testing.T) {
	rows := []struct {
		name string
		a    artifact
		want string
	}{
		{"a name alone", artifact{File: "a-1.0.tar.gz"}, "a-1.0.tar.gz"},
		{"an address alone", artifact{URL: "https://files.test/x/a-1.0%2Bcpu-py3-none-any.whl?q#f"}, "a-1.0+cpu-py3-none-any.whl"},
		{"a path alone", artifact{Path: `..\files\a-1.0.tar.gz`}, "a-1.0.tar.gz"},
		{"a name in normal form", artifact{Name: "pysocks-1.7.1-py3-none-any.whl", URL: "https://files.test/PySocks-1.7.1-py3-none-any.whl"}, "PySocks-1.7.1-py3-none-any.whl"},
		{"an address without a name", artifact{Name: "a-1.0-py3-none-any.whl", URL: "https://files.test/blob/8f3"}, "a-1.0-py3-none-any.whl"},
		{"an address that ends in a slash", artifact{Name: "a-1.0-py3-none-any.whl", URL: "https://files.test/blob/"}, "a-1.0-py3-none-any.whl"},
		{"nothing", artifact{}, ""},
	}
	for _, row := range rows {
		if got := row.a.base(); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
