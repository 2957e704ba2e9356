package main

import (
	"fmt"
	"strings"
)

// kinds are the locks that can be measured. Of a folder that has several the
// first one counts; a go.mod comes before its go.sum, as it does for feedctl.
func kinds() []kind {
	return []kind{npm(), goModules(), goSum(), cargo(), python("python", oneTarget), python("python-targets", fiveTargets)}
}

func npm() kind {
	return kind{
		name: "npm", lock: "package-lock.json", manifest: "package.json", others: []string{".npmrc", "pnpm-lock.yaml"},
		environment: []string{
			"npm_config_cache={fresh}/npm", "npm_config_audit=false", "npm_config_fund=false", "npm_config_update_notifier=false",
			"npm_config_store_dir={fresh}/pnpm", "XDG_CACHE_HOME={fresh}/cache", "XDG_DATA_HOME={fresh}/data", "CI=true",
		},
		upstream: []string{"npm_config_registry={base}/npm/", "pnpm_config_registry={base}/npm/"},
		registry: registry{ask: []string{"npm", "config", "get", "registry"}, folder: "npm/"},
		prepare: [][]string{
			{"npm", "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved=false"},
			{"pnpm", "import"},
		},
		resolve: &native{words: []string{"npm", "install", "--package-lock-only", "--ignore-scripts"}},
		natives: []native{
			{words: []string{"npm", "ci", "--ignore-scripts"}, locked: true},
			{words: []string{"pnpm", "fetch"}, needs: "pnpm-lock.yaml"},
		},
		reach: reach{floor: 1.3, native: 0.15, warm: 0.1, memory: 128 << 20, verify: 1.2, latency: 1.5},
	}
}

func goModules() kind {
	return kind{
		name: "go", lock: "go.mod", manifest: "go.mod", others: []string{"go.sum", "main.go"},
		environment: []string{"GOMODCACHE={fresh}", "GOFLAGS=-modcacherw", "GOSUMDB=off"},
		upstream:    []string{"GOPROXY={base}/go"},
		variants:    [][]string{{"--no-sumdb"}},
		prepare:     [][]string{{"go", "mod", "tidy"}},
		resolve:     &native{words: []string{"go", "list", "-m", "all"}, locked: true},
		natives:     []native{{words: []string{"go", "mod", "download", "all"}, locked: true}},
		reach:       reach{native: 0.5},
	}
}

// goSum is for a go.sum alone, whose modules the client takes by name.
func goSum() kind {
	k := goModules()
	k.name, k.lock, k.prepare = "", "go.sum", nil
	k.natives = []native{{name: "go mod download", words: []string{"go", "mod", "download", packageWords}, locked: true}}
	return k
}

func cargo() kind {
	return kind{
		name: "cargo", lock: "Cargo.lock", manifest: "Cargo.toml", others: []string{".cargo/config.toml"},
		sources:     []string{"src/lib.rs", "src/main.rs"},
		environment: []string{"CARGO_HOME={fresh}"},
		settings: settings{
			variable: "CARGO_HOME", home: ".cargo", files: []string{"config.toml", "config", "credentials.toml", "credentials"},
			loopback: "[source.crates-io]\nreplace-with = \"bench\"\n[source.bench]\nregistry = \"sparse+{base}/cargo/index/\"\n",
		},
		prepare: [][]string{{"cargo", "generate-lockfile"}},
		resolve: &native{words: []string{"cargo", "generate-lockfile"}},
		natives: []native{{words: []string{"cargo", "fetch", "--locked"}, locked: true}},
		reach:   reach{native: 0.5},
	}
}

// target is what Python's distributions are for.
type target struct {
	tag       string   // as feedctl has it
	python    string   // version
	platforms []string // tags, as pip has them
	uv        string   // platform, as uv has it
}

var (
	linux       = []string{"manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"}
	oneTarget   = []target{{"cp311-manylinux_2_28_x86_64", "3.11", linux, "x86_64-manylinux_2_28"}}
	fiveTargets = append([]target{
		{"cp313-manylinux_2_28_x86_64", "3.13", linux, "x86_64-manylinux_2_28"},
		{"cp311-manylinux_2_28_aarch64", "3.11", []string{"manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"}, "aarch64-manylinux_2_28"},
		{"cp311-macosx_14_0_arm64", "3.11", []string{"macosx_14_0_arm64"}, "aarch64-apple-darwin"},
		{"cp311-win_amd64", "3.11", []string{"win_amd64"}, "x86_64-pc-windows-msvc"},
	}, oneTarget...)
)

// python is a list of distributions for some targets, which the clients take one
// after the other.
func python(name string, targets []target) kind {
	k := kind{
		name: name, lock: "requirements.in", manifest: "requirements.in",
		environment: []string{"PIP_NO_CACHE_DIR=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "UV_CACHE_DIR={fresh}/uv"},
		upstream:    []string{"PIP_INDEX_URL={base}/pypi/simple/", "UV_DEFAULT_INDEX={base}/pypi/simple/"},
	}
	var download, compile, install []string
	for i, t := range targets {
		k.flags = append(k.flags, "--python", t.tag)
		download = append(download, fmt.Sprintf("pip download --quiet -r requirements.in --dest files-%d --only-binary=:all: --implementation cp --python-version %s --platform %s",
			i, t.python, strings.Join(t.platforms, " --platform ")))
		compile = append(compile, fmt.Sprintf("uv pip compile --quiet requirements.in --python-version %s --python-platform %s", t.python, t.uv))
		install = append(install, fmt.Sprintf("uv pip install --quiet -r requirements.in --target lib-%d --python-version %s --python-platform %s", i, t.python, t.uv))
	}
	times := ""
	if len(targets) > 1 {
		times = fmt.Sprintf(", %d times", len(targets))
	}
	k.natives = []native{
		{name: "pip download" + times, words: shell("pip", download), locked: true},
		{name: "uv pip install" + times, words: shell("uv", install), locked: true},
	}
	k.resolve = &native{name: "uv pip compile" + times, words: shell("uv", compile), locked: true}
	k.reach.native = 0.33
	return k
}

// shell runs commands one after the other. The name behind the script is that of
// the program which must be installed.
func shell(program string, commands []string) []string {
	return []string{"sh", "-ec", strings.Join(commands, "\n"), program}
}

// program is what must be installed for a command.
func program(words []string) string {
	if words[0] == "sh" {
		return words[len(words)-1]
	}
	return words[0]
}
