package lock

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// refusals are inputs that are not read, with what the error must say.
var refusals = []struct{ what, file, text, want string }{
	{"empty", "uv.lock", " \n", "uv.lock: the file is empty; write it again with \"uv lock\""},
	{"no UTF-8", "poetry.lock", "a = 1\n\xff", "poetry.lock:2: the file is not UTF-8 text; save it as UTF-8"},
	{"merge conflict", "uv.lock", "version = 1\n<<<<<<< HEAD\n", "uv.lock:2: the file holds merge conflict markers; resolve"},
	{"broken TOML", "pdm.lock", "a = 1\nb = = 2\n", "pdm.lock:2: the file is not valid TOML"},
	{"wrong type in TOML", "uv.lock", "version = 1\n[[package]]\nname = 1\n", "uv.lock:3: "},
	{"nested too deep", "uv.lock", "version = 1\nx = " + strings.Repeat("[", 20000), "uv.lock:2: the file is not valid TOML"},
	{"broken JSON", "Pipfile.lock", "{\n\"_meta\": }", "Pipfile.lock:2: the file is not valid JSON"},
	{"no object", "Pipfile.lock", "[]", "Pipfile.lock:1: a array stands where none belongs"},

	{"pylock: no version", "pylock.toml", "a = 1\n", `pylock.toml: "lock-version": there is no version of the format`},
	{"pylock: new version", "pylock.toml", "lock-version = \"2.0\"\n", "version 2.0 of the format is unknown; 1.x is read"},
	{"pylock: no name", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nversion = \"1\"\n", "an entry has no name"},
	{"pylock: no source", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n", `"a": the entry has 0 sources`},
	{"pylock: two sources", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nvcs = {type = \"git\"}\nsdist = {name = \"a-1.tar.gz\"}\n", "the entry has 2 sources"},
	{"pylock: no hashes", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nsdist = {name = \"a-1.tar.gz\"}\n", "a-1.tar.gz has no hashes, which PEP 751 demands"},
	{"pylock: no version of a package", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nsdist = {name = \"x\", hashes = {sha256 = \"SUM_A\"}}\n", `pylock.toml: "a": `},
	{"pylock: unknown field in a marker", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nmarker = \"moon == 'full'\"\nsdist = {name = \"a-1.tar.gz\", hashes = {sha256 = \"SUM_A\"}}\n", `"a 1": marker`},
	{"pylock: environment that is no marker", "pylock.toml", "lock-version = \"1.0\"\nenvironments = [\"x\"]\n", `"environments": marker`},
	{"pylock: bad requires-python", "pylock.toml", "lock-version = \"1.0\"\nrequires-python = \"3\"\n", `"requires-python": `},
	{"pylock: digest of the wrong length", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nsdist = {name = \"a-1.tar.gz\", hashes = {sha256 = \"ab\"}}\n", `"ab" is no sha256 digest`},
	{"pylock: file outside", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nsdist = {name = \"../a-1.tar.gz\", hashes = {sha256 = \"SUM_A\"}}\n", "cannot be the name of a file"},
	{"pylock: wheel of another project", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nwheels = [{name = \"b-1-py3-none-any.whl\", hashes = {sha256 = \"SUM_A\"}}]\n", "belongs to b, not to a"},
	{"pylock: one file, two digests", "pylock.toml", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\nwheels = [{name = \"a-1-py3-none-any.whl\", hashes = {sha256 = \"SUM_A\"}}, {name = \"a-1-py3-none-any.whl\", hashes = {sha256 = \"SUM_B\"}}]\n", "a-1-py3-none-any.whl is listed with two sha256 digests"},

	{"uv: version", "uv.lock", "version = 2\n", `uv.lock: "version": version 2 of the format is unknown; 1 is read`},
	{"uv: unknown source", "uv.lock", "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { moon = \"x\" }\n", `"a 1": the source is of no known kind`},
	{"uv: bad name", "uv.lock", "version = 1\n[[package]]\nname = \"../a\"\nversion = \"1\"\n", `"../a" is no name of a package`},
	{"uv: bad version", "uv.lock", "version = 1\n[[package]]\nname = \"a\"\nversion = \"one\"\nsource = { registry = \"https://registry.example/simple\" }\n", `"a one": `},
	{"uv: cut off", "uv.lock", "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://registry.example/simple\" }\ndependencies = [{ name = \"b\" }]\n", `"a 1": the lock has no package b, which this one requires: the file is cut off`},
	{"uv: bad marker on an edge", "uv.lock", "version = 1\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"b\", marker = \"x\" }]\n[[package]]\nname = \"b\"\nversion = \"1\"\nsource = { registry = \"https://registry.example/simple\" }\n", `"a 1": requirement`},
	{"uv: bad constraint", "uv.lock", "version = 1\n[manifest]\nconstraints = [{ name = \"c\", specifier = \"?\" }]\n", `"manifest.constraints": `},

	{"poetry: cut off", "poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n", `"metadata": there is no metadata, so this is no whole poetry.lock`},
	{"poetry: version", "poetry.lock", "[metadata]\nlock-version = \"3.0\"\npython-versions = \"*\"\n", "version 3.0 of the format is unknown"},
	{"poetry: unknown source", "poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.source]\ntype = \"moon\"\n[metadata]\npython-versions = \"*\"\n", `the source is of the unknown kind "moon"`},
	{"poetry: bad Python", "poetry.lock", "[metadata]\npython-versions = \"snake\"\n", `"metadata.python-versions": version constraint "snake"`},
	{"poetry: bad dependency", "poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\n\"b c\" = \"*\"\n[metadata]\npython-versions = \"*\"\n", `"b c" is no name of a package`},
	{"poetry: dependency of a wrong type", "poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n[package.dependencies]\nb = 1\n[metadata]\npython-versions = \"*\"\n", "neither a version, a table nor a list"},

	{"pdm: no pdm.lock", "pdm.lock", "a = 1\n", `"metadata": there is no version of the format`},
	{"pdm: version", "pdm.lock", "[metadata]\nlock_version = \"9.0\"\n", "version 9.0 of the format is unknown"},
	{"pdm: bad dependency", "pdm.lock", "[metadata]\nlock_version = \"4.4\"\n[[package]]\nname = \"a\"\nversion = \"1\"\ndependencies = [\"b ??\"]\n", `"a 1": requirement`},

	{"Pipfile.lock: no meta", "Pipfile.lock", "{}", `"_meta": there is no such object`},
	{"Pipfile.lock: version", "Pipfile.lock", `{"_meta": {"pipfile-spec": 7}}`, "version 7 of the format is unknown"},
	{"Pipfile.lock: no pin", "Pipfile.lock", `{"_meta": {}, "default": {"a": {"version": ">=1"}}}`, `"a": the entry pins no version`},
	{"Pipfile.lock: prefix", "Pipfile.lock", `{"_meta": {}, "default": {"a": {"version": "==1.*"}}}`, "the entry pins no version"},
	{"Pipfile.lock: wrong type", "Pipfile.lock", `{"_meta": {}, "default": {"a": 1}}`, "neither a version nor a table"},
	{"Pipfile.lock: bad digest", "Pipfile.lock", `{"_meta": {}, "default": {"a": {"version": "==1", "hashes": ["sha256:xyz"]}}}`, `"xyz" is no sha256 digest`},

	{"requirements: bad requirement", "requirements.txt", "alpha\nbeta >> 1\n", "requirements.txt:2: "},
	{"requirements: unknown option", "requirements.txt", "\n--moon\n", `requirements.txt:2: pip knows no option "--moon" in a requirements file`},
	{"requirements: no value", "requirements.txt", "-r\n", "the option --requirement lacks its value"},
	{"requirements: value too many", "requirements.txt", "--pre=yes\n", "the option --pre takes no value"},
	{"requirements: word among options", "requirements.txt", "--pre alpha\n", `"alpha" stands where an option is expected`},
	{"requirements: open quote", "requirements.txt", "-r 'x\n", "a quotation mark ' is not closed"},
	{"requirements: MD5", "requirements.txt", "alpha==1 --hash=md5:0123\n", "requirements.txt:1: hashes of md5 are not safe; pip takes sha256, sha384, sha512"},
	{"requirements: no algorithm", "requirements.txt", "alpha==1 --hash=0123\n", `"0123" is no hash; want sha256:HEX`},
	{"requirements: short digest", "requirements.txt", "alpha==1 --hash=sha256:0123\n", `"0123" is no sha256 digest`},
	{"requirements: hash alone", "requirements.txt", "--hash=sha256:SUM_A\n", "a hash stands without a requirement; a backslash"},
	{"requirements: option behind a requirement", "requirements.txt", "alpha --pre\n", "the option --pre stands behind a requirement"},
	{"requirements: include outside", "requirements.txt", "-r ../base.txt\n", "the included file ../base.txt lies outside the folder of requirements.txt"},
	{"requirements: include by an absolute path", "requirements.txt", "-c /etc/bounds.txt\n", "the included file …/bounds.txt lies outside"},
	{"requirements: include by an address", "requirements.txt", "-r https://u:p@files.test/base.txt\n", "the file lies at an address (https://files.test/base.txt); download it"},
	{"requirements: missing include", "requirements.txt", "alpha\n-r base.txt\n", "requirements.txt:2: the included file base.txt cannot be read"},
	{"requirements: include of itself", "requirements.txt", "-r requirements.txt\n", "requirements.txt:1: requirements.txt includes itself: requirements.txt > requirements.txt"},
	{"requirements: binary", "requirements.txt", "a\x00b", "the file holds binary data"},
	{"requirements: index that is none", "requirements.txt", "-i ftp://registry.example\n", "--index-url \"ftp://registry.example\" is neither an address"},

	{"pyproject: bad dependency", "pyproject.toml", "[project]\ndependencies = [\"a ??\"]\n", `pyproject.toml: "project.dependencies": requirement`},
	{"pyproject: bad extra", "pyproject.toml", "[project.optional-dependencies]\n\"a b\" = []\n", `"a b" is no name`},
	{"pyproject: bad requires-python", "pyproject.toml", "[project]\nrequires-python = \"three\"\n", `"project.requires-python": `},
	{"pyproject: group that includes itself", "pyproject.toml", "[dependency-groups]\na = [{include-group = \"b\"}]\nb = [{include-group = \"A\"}]\n", `"dependency-groups.a": the group includes itself: a > b > a`},
	{"pyproject: unknown group", "pyproject.toml", "[dependency-groups]\na = [{include-group = \"b\"}]\n", `the group includes "b", and there is no such group`},
	{"pyproject: group of a wrong type", "pyproject.toml", "[dependency-groups]\na = [1]\n", "neither a requirement nor {include-group"},
	{"pyproject: two groups of one name", "pyproject.toml", "[dependency-groups]\na-b = []\nA_B = []\n", "two groups have this name in its normal form, a-b"},
	{"pyproject: build requirement", "pyproject.toml", "[build-system]\nrequires = [\"\"]\n", `"build-system.requires": `},
	{"pyproject: poetry's constraint", "pyproject.toml", "[tool.poetry.dependencies]\na = \"^x\"\n", `"tool.poetry.dependencies.a": version constraint "^x"`},
	{"pyproject: poetry's python", "pyproject.toml", "[tool.poetry.dependencies]\npython = 3\n", `"tool.poetry.dependencies.python": `},
	{"pyproject: uv's source", "pyproject.toml", "[tool.uv.sources]\na = 1\n", `"tool.uv.sources.a": a source is not a table`},
	{"pyproject: workspace outside", "pyproject.toml", "[tool.uv.workspace]\nmembers = [\"../*\"]\n", "leaves the project's folder"},
	{"pyproject: workspace pattern", "pyproject.toml", "[tool.uv.workspace]\nmembers = [\"[\"]\n", `the pattern "[" is none`},
	{"pyproject: uv's override", "pyproject.toml", "[tool.uv]\noverride-dependencies = [\"?\"]\n", `"tool.uv.override-dependencies": `},
	{"pyproject: pdm's override", "pyproject.toml", "[tool.pdm.resolution.overrides]\na = \"?\"\n", `"tool.pdm.resolution.overrides.a": `},

	{"script: no block", "x.py", "import os\n", "x.py: the file has no \"# /// script\" block, so it asks for no package; add a block"},
	{"script: two blocks", "x.py", "# /// script\n# a = 1\n# ///\n\n# /// script\n# ///\n", "the file has 2 \"# /// script\" blocks"},
	{"script: broken TOML", "x.py", "#!x\n# /// script\n# a = = 1\n# ///\n", "x.py:3: the file is not valid TOML"},
	{"script: bad dependency", "x.py", "# /// script\n# dependencies = [\"?\"]\n# ///\n", `x.py: "project.dependencies": requirement`},

	{"Pipfile: wrong type", "Pipfile", "[packages]\na = 1\n", `Pipfile: "packages.a": the entry is neither a version nor a table`},
	{"Pipfile: bad version", "Pipfile", "[packages]\na = \"^1\"\n", `Pipfile: "packages.a": requirement`},
	{"Pipfile: bad Python", "Pipfile", "[requires]\npython_version = \"x\"\n", `Pipfile: "requires": `},
}

func TestRefusals(t *testing.T) {
	for _, row := range refusals {
		t.Run(row.what, func(t *testing.T) {
			_, err := readerOf(t, row.file)(files(row.file, row.text), row.file)
			var problem *Error
			if !errors.As(err, &problem) {
				t.Fatalf("no *Error: %v", err)
			}
			if !strings.Contains(err.Error(), row.want) || problem.Advice == "" {
				t.Errorf("error is %q, want %q in it, and advice", err, row.want)
			}
		})
	}
}

func TestNoScript(t *testing.T) {
	if _, err := ReadScript(files("x.py", "pass\n"), "x.py"); !errors.Is(err, ErrNoScript) {
		t.Errorf("error is %v", err)
	}
}

func TestMissingFile(t *testing.T) {
	for _, file := range []string{"uv.lock", "requirements.txt", "Pipfile", "x.py"} {
		if _, err := readerOf(t, file)(fstest.MapFS{}, file); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error is %v", file, err)
		}
	}
}

// TestLimits checks inputs that are too large in one way.
func TestLimits(t *testing.T) {
	var versions, pins strings.Builder
	versions.WriteString("[metadata]\nlock_version = \"4.4\"\n")
	pins.WriteString("[metadata]\nlock_version = \"4.4\"\n[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [\n")
	for i := range maxSame + 1 {
		fmt.Fprintf(&versions, "[[package]]\nname = \"a\"\nversion = \"%d\"\n", i)
	}
	for i := range maxPins + 1 {
		fmt.Fprintf(&pins, "{file = \"a-1-%d-py3-none-any.whl\"},\n", i)
	}
	chain := []string{"requirements.txt", "-r 0.txt\n"}
	for i := range maxNesting + 1 {
		chain = append(chain, fmt.Sprintf("%d.txt", i), fmt.Sprintf("-r %d.txt\n", i+1))
	}
	for _, row := range []struct {
		what  string
		files []string
		want  string
	}{
		{"versions", []string{"pdm.lock", versions.String()}, "more than 500 versions of one package"},
		{"files", []string{"pdm.lock", pins.String() + "]\n"}, "more than 10000 files are listed for one release"},
		{"includes", chain, "are included, or they are nested deeper than 50"},
		{"bytes", []string{"uv.lock", "#" + strings.Repeat(" ", maxBytes)}, "larger than 64 MiB"},
		{"requirement", []string{"requirements.txt", "a[" + strings.Repeat("b,", maxText) + "b]"}, "at most 16384 are read"},
		{"clauses", []string{"pyproject.toml", "[tool.poetry.dependencies]\na = \"" + strings.Repeat(">=1,", 300) + "\"\n"}, "more than 200 clauses"},
	} {
		t.Run(row.what, func(t *testing.T) {
			_, err := readerOf(t, row.files[0])(files(row.files...), row.files[0])
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error is %v, want %q in it", err, row.want)
			}
		})
	}
}
