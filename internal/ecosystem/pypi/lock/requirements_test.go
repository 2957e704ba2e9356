package lock

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestRequirementsCases(t *testing.T) {
	for _, row := range requirementsCases {
		t.Run(row.what, func(t *testing.T) {
			got := brief(t, mustRead(t, files(row.file, row.text), row.file))
			if diff := cmp.Diff(strings.TrimPrefix(row.want, "\n"), got); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
	}
}

var requirementsCases = []caseOf{
	{"every kind of line", "requirements-dev.txt", `# comment
-i https://user:pw@registry.example/simple?x=1
--index-url=https://${USER}:${TOKEN}@${HOST}/${TOKEN}/simple
--extra-index-url https://extra.test/simple   # behind
--find-links wheels
-f https://links.test/page.html
-f /opt/wheels
--trusted-host registry.example
--pre
--prefer-binary
--no-binary :all:
--no-binary=:none:,Num_py
--only-binary scipy,pandas
--use-feature fast-deps
Alpha[b,A] >= 1.0, < 2 ; python_version < "3.9"  # why
beta\
==1.0
gamma==1.* \
    # comment in a continuation
delta
${NAME}==1.0
-e git+https://user:pw@git.test/proj.git@main#egg=Proj&subdirectory=x
-e .
--editable=./lib
git+ssh://git@git.test/a.git#egg=a
https://user:pw@files.test/url_one-1.0-py3-none-any.whl?sig=x#sha256=00
./local-1.0.tar.gz
wheels/other-1.0-py3-none-any.whl
direct @ https://user:${TOKEN}@files.test/direct.zip ; python_version < "3"
delta
epsilon --config-settings="--x=y z" --global-option='-v'
`, `
{"indexes":[{"url":"https://${HOST}/${TOKEN}/simple","user":true,"default":true,"where":"requirements-dev.txt:3"},{"url":"https://extra.test/simple","extra":true,"where":"requirements-dev.txt:4"},{"url":"wheels","flat":true,"where":"requirements-dev.txt:5"},{"url":"https://links.test/page.html","flat":true,"where":"requirements-dev.txt:6"}],"find_links":["wheels","https://links.test/page.html"],"choice":{"prerelease":"allow","only_binary":["scipy","pandas"],"no_binary":["num-py"],"prefer_binary":true},"skipped":[{"name":"proj","spec":"git+https://git.test/proj.git@main","reason":"editable dependency","where":"requirements-dev.txt:22"},{"name":".","spec":".","reason":"editable dependency","where":"requirements-dev.txt:23"},{"name":"lib","spec":"./lib","reason":"editable dependency","where":"requirements-dev.txt:24"},{"name":"a","spec":"git+ssh://git@git.test/a.git","reason":"git dependency","where":"requirements-dev.txt:25"},{"name":"url-one","spec":"https://files.test/url_one-1.0-py3-none-any.whl","reason":"URL dependency","where":"requirements-dev.txt:26"},{"name":"local","spec":"./local-1.0.tar.gz","reason":"path dependency","where":"requirements-dev.txt:27"},{"name":"other","spec":"wheels/other-1.0-py3-none-any.whl","reason":"path dependency","where":"requirements-dev.txt:28"},{"name":"direct","spec":"https://files.test/direct.zip","reason":"URL dependency","where":"requirements-dev.txt:29"}]}
alpha[a,b]>=1.0,<2; python_version < "3.9" <>
beta==1.0 <>
delta <>
epsilon <>
gamma==1.* <>
named==1.0 <>
`},
	{"lock", "requirements.txt", `
--index-url https://registry.example/simple
alpha==1.0 --hash=sha256:SUM_A --hash sha256:SUM_B
beta===2.0 ; os_name == 'nt' \
  --hash=sha256:SUM_A
-e .
`, `
{"indexes":[{"url":"https://registry.example/simple","default":true,"where":"requirements.txt:2"}],"flat":true,"releases":{"beta@2.0":{"marker":"os_name == \"nt\""}}}
root
	alpha@1.0: alpha==1.0 <>
	beta@2.0: beta===2.0; os_name == "nt" <>
alpha@1.0
	=   sha256:aaaaaaaa
	=   sha256:bbbbbbbb
beta@2.0
	=   sha256:aaaaaaaa
skipped .: .: editable dependency (requirements.txt:6)
`},
	{"hashes and one line without", "requirements.txt", `
--require-hashes
alpha==1.0 --hash=sha256:SUM_A
beta==1.0
`, `
{"hashes":{"alpha":["sha256:` + sumA + `"]},"choice":{"require_hashes":true}}
alpha==1.0 <>
beta==1.0 <>
`},
	{"hashes and a prefix", "requirements.in", "alpha==1.* --hash=sha256:SUM_A\n", `
{"hashes":{"alpha":["sha256:` + sumA + `"]}}
alpha==1.* <>
`},
	{"nothing asked for", "requirements.txt", "# nothing\n\n", "{}\n"},
	{"byte order mark", "requirements.txt", "\xef\xbb\xbfalpha\r\nbeta\r", "{}\nalpha <>\nbeta <>\n"},
	{"UTF-16", "requirements.txt", "\xff\xfea\x00l\x00p\x00h\x00a\x00\n\x00", "{}\nalpha <>\n"},
	{"UTF-16, big end first", "requirements.txt", "\xfe\xff\x00a\x00b", "{}\nab <>\n"},
	{"UTF-32", "requirements.txt", "\xff\xfe\x00\x00a\x00\x00\x00b\x00\x00\x00", "{}\nab <>\n"},
	{"UTF-32, big end first", "requirements.txt", "\x00\x00\xfe\xff\x00\x00\x00a", "{}\na <>\n"},
	{"Latin-1 by a comment", "requirements.txt", "# -*- coding: latin-1 -*-\n# caf\xe9\nalpha\n", "{}\nalpha <>\n"},
	{"bytes that are no UTF-8", "requirements.txt", "# caf\xe9\nalpha\n", "{}\nalpha <>\n"},
	{"continuation at the end", "requirements.txt", "alpha \\", "{}\nalpha <>\n"},
}

func TestRequirementsIncludes(t *testing.T) {
	for _, row := range []struct {
		what  string
		files []string
		want  string
	}{
		{
			"requirements and constraints",
			[]string{
				"requirements.txt", "-r reqs/base.txt\n-c reqs/bounds.txt\nalpha\n-r reqs/base.txt\n",
				"reqs/base.txt", "-r more.txt\n-f links\nbeta\n--requirement=${NAME}.txt\n",
				"reqs/more.txt", "gamma[x]\n-e ./here\n",
				"reqs/named.txt", "delta\n",
				"reqs/bounds.txt", "gamma<2\nalpha==1.0 --hash=sha256:SUM_A\n-r inner.txt\nurl @ https://files.test/x.zip\n",
				"reqs/inner.txt", "asked-for\n",
			},
			`{"constraints":["alpha==1.0","gamma<2"],"hashes":{"alpha":["sha256:` + sumA + `"]},"indexes":[{"url":"reqs/links","flat":true,"where":"reqs/base.txt:2"}],"find_links":["reqs/links"],"skipped":[{"name":"here","spec":"./here","reason":"editable dependency","where":"reqs/more.txt:2"},{"name":"url","spec":"https://files.test/x.zip","reason":"URL dependency","where":"reqs/bounds.txt:4"}]}
alpha <>
asked-for <>
beta <>
delta <>
gamma[x] <>
`,
		},
		{
			"one file as both",
			[]string{"requirements.txt", "-r x.txt\n-c x.txt\n", "x.txt", "alpha<2\n"},
			"{\"constraints\":[\"alpha<2\"]}\nalpha<2 <>\n",
		},
	} {
		t.Run(row.what, func(t *testing.T) {
			if diff := cmp.Diff(row.want, brief(t, mustRead(t, files(row.files...), "requirements.txt"))); diff != "" {
				t.Errorf("request differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSecretsStayOut checks that no value of a variable and no password shows.
func TestSecretsStayOut(t *testing.T) {
	text := `--index-url https://user:hunter2@registry.example/${TOKEN}/simple
--extra-index-url https://${TOKEN}@extra.test/simple?token=hunter2
-f https://me:hunter2@links.test/
a @ https://user:hunter2@files.test/a.zip?sig=hunter2#hunter2
https://files.test/${TOKEN}/b.zip
-e git+https://${TOKEN}:hunter2@git.test/c.git
`
	got := brief(t, mustRead(t, files("requirements.txt", text), "requirements.txt"))
	for _, line := range []string{
		text + "x ?? y", "--index-url https://${TOKEN}", "foo @ https://u:hunter2@h.test/x y", "-r https://u:hunter2@h.test/${TOKEN}", "foo==${TOKEN}${TOKEN}!",
	} {
		_, err := Requirements(getenv)(files("requirements.txt", line), "requirements.txt")
		if err != nil {
			got += err.Error()
		}
	}
	for _, secret := range []string{"hunter2", "s3cret"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s shows in %s", secret, got)
		}
	}
}

// TestIncludeBomb checks that files that include each other many times over are
// read once each.
func TestIncludeBomb(t *testing.T) {
	fsys := fstest.MapFS{}
	for _, name := range "abcdefghijklmnopqrstuvwxyz" {
		next := string(name+1) + ".txt"
		fsys[string(name)+".txt"] = &fstest.MapFile{Data: []byte(strings.Repeat("-r "+next+"\n-c "+next+"\n", 50))}
	}
	fsys["{.txt"] = &fstest.MapFile{Data: []byte("alpha\n")}
	fsys["requirements.txt"] = fsys["a.txt"]
	mustRead(t, fsys, "requirements.txt")
}

func TestExpand(t *testing.T) {
	for in, want := range map[string]string{
		"${USER}@${HOST}": "someone@registry.example", "${NOT_SET}": "${NOT_SET}", "$USER": "$USER", "${user}": "${user}", "${": "${",
	} {
		if got := Expand(in, getenv); got != want {
			t.Errorf("Expand(%q) = %q, want %q", in, got, want)
		}
	}
}
