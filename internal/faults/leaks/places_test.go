package leaks

// place is one place that a secret comes from. In its texts {{tok}} is the secret,
// {{b64}} the user ann with it in the form of basic authentication, {{tok64}} the
// secret alone in base64, {{host}} and {{url}} the upstream.
type place struct {
	name      string
	ecosystem string
	files     map[string]string // below the working directory; its home is home/
	env       map[string]string
	programs  map[string]string // shell scripts on PATH
	input     string            // in the place of a name
	refused   bool              // feedctl does not take a secret from there, and says so or passes it over
	tls       bool              // the upstream is one over https
}

const pypiInput = "pypi:beta"

func places() []place {
	return append(append(npmPlaces(), otherPlaces()...), append(pypiPlaces(), configPlaces()...)...)
}

func npmPlaces() []place {
	npmrc := func(name, text string) place {
		return place{name: name, ecosystem: "npm", files: map[string]string{"home/.npmrc": text}}
	}
	return []place{
		npmrc(".npmrc _authToken", "registry={{url}}/\n//{{host}}/:_authToken={{tok}}\n"),
		npmrc(".npmrc _auth", "registry={{url}}/\n//{{host}}/:_auth={{b64}}\n"),
		npmrc(".npmrc _password", "registry={{url}}/\n//{{host}}/:username=ann\n//{{host}}/:_password={{tok64}}\n"),
		npmrc(".npmrc user in the address", "registry=http://ann:{{tok}}@{{host}}/\n"),
		{name: ".npmrc variable", ecosystem: "npm", files: map[string]string{"home/.npmrc": "registry={{url}}/\n//{{host}}/:_authToken=${NPM_TOKEN}\n"}, env: map[string]string{"NPM_TOKEN": "{{tok}}"}},
		{name: "npm_config variable", ecosystem: "npm", env: map[string]string{"npm_config_registry": "{{url}}/", "npm_config_//{{host}}/:_authToken": "{{tok}}"}},
		{name: ".yarnrc.yml npmAuthToken", ecosystem: "npm", files: map[string]string{"home/.yarnrc.yml": "npmRegistryServer: \"{{url}}\"\nunsafeHttpWhitelist: [\"*\"]\nnpmRegistries:\n  \"//{{host}}\":\n    npmAuthToken: \"{{tok}}\"\n"}},
		{name: ".yarnrc.yml npmAuthIdent", ecosystem: "npm", files: map[string]string{"home/.yarnrc.yml": "npmRegistryServer: \"{{url}}\"\nnpmAuthIdent: \"ann:{{tok}}\"\n"}},
		{name: "YARN_NPM_AUTH_TOKEN", ecosystem: "npm", env: map[string]string{"YARN_NPM_REGISTRY_SERVER": "{{url}}", "YARN_NPM_AUTH_TOKEN": "{{tok}}"}},
		{name: "bunfig.toml token", ecosystem: "npm", files: map[string]string{"home/.bunfig.toml": "[install]\nregistry = { url = \"{{url}}/\", token = \"{{tok}}\" }\n"}},
		{name: "bunfig.toml user in the address", ecosystem: "npm", files: map[string]string{"home/.bunfig.toml": "[install]\nregistry = \"http://ann:{{tok}}@{{host}}/\"\n"}},
		{name: "address in a lock", ecosystem: "npm", input: "locked", refused: true, files: map[string]string{"locked/package-lock.json": `{"name":"app","lockfileVersion":3,"packages":{"":{"name":"app","dependencies":{"beta":"1"}},
"node_modules/beta":{"version":"1.0.0","resolved":"http://ann:{{tok}}@{{host}}/beta/-/beta-1.0.0.tgz?token={{tok}}"}}}`, "home/.npmrc": "registry={{url}}/\n"}},
	}
}

func otherPlaces() []place {
	config := "[source.crates-io]\nreplace-with = \"mine\"\n[source.mine]\nregistry = \"sparse+{{url}}/index/\"\n[registries.mine]\nindex = \"sparse+{{url}}/index/\"\n"
	return []place{
		{name: "credentials.toml", ecosystem: "cargo", files: map[string]string{"home/.cargo/config.toml": config, "home/.cargo/credentials.toml": "[registries.mine]\ntoken = \"{{tok}}\"\n"}},
		{name: "CARGO_REGISTRIES_MINE_TOKEN", ecosystem: "cargo", files: map[string]string{"home/.cargo/config.toml": config}, env: map[string]string{"CARGO_REGISTRIES_MINE_TOKEN": "{{tok}}"}},
		{name: "config.toml token", ecosystem: "cargo", files: map[string]string{"home/.cargo/config.toml": config + "token = \"{{tok}}\"\n"}},
		{name: "config.toml user in the address", ecosystem: "cargo", refused: true, files: map[string]string{"home/.cargo/config.toml": "[source.crates-io]\nreplace-with = \"mine\"\n[source.mine]\nregistry = \"sparse+http://ann:{{tok}}@{{host}}/index/\"\n"}},
		{name: "GOPROXY user in the address", ecosystem: "go", env: map[string]string{"GOPROXY": "http://ann:{{tok}}@{{host}}"}},
		{name: "GOPROXY user in an address over https", ecosystem: "go", tls: true, env: map[string]string{"GOPROXY": "https://ann:{{tok}}@{{host}}"}},
		{name: "go env file", ecosystem: "go", files: map[string]string{"home/goenv": "GOPROXY=http://ann:{{tok}}@{{host}}\n"}, env: map[string]string{"GOENV": "home/goenv"}},
		{name: "netrc of go", ecosystem: "go", tls: true, files: map[string]string{"home/.netrc": "machine 127.0.0.1 login ann password {{tok}}\n"}, env: map[string]string{"GOPROXY": "{{url}}"}},
		{name: "GOAUTH command", ecosystem: "go", refused: true, tls: true, env: map[string]string{"GOPROXY": "{{url}}", "GOAUTH": "print-{{tok}}"}},
	}
}

func pypiPlaces() []place {
	env := func(name, variable, value string) place {
		return place{name: name, ecosystem: "pypi", env: map[string]string{variable: value}}
	}
	file := func(name, path, text string) place {
		return place{name: name, ecosystem: "pypi", files: map[string]string{path: text}}
	}
	const index = "http://ann:{{tok}}@{{host}}/simple/"
	keyring := "#!/bin/sh\necho '{{tok}}'\n"
	return []place{
		env("PIP_INDEX_URL", "PIP_INDEX_URL", index),
		env("PIP_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL", index),
		env("UV_INDEX_URL", "UV_INDEX_URL", index),
		env("UV_DEFAULT_INDEX", "UV_DEFAULT_INDEX", index),
		file("pip.conf", "home/.config/pip/pip.conf", "[global]\nindex-url = "+index+"\n"),
		file("uv.toml", "home/.config/uv/uv.toml", "[[index]]\nurl = \""+index+"\"\ndefault = true\n"),
		{
			name: "UV_INDEX_MINE_PASSWORD", ecosystem: "pypi", files: map[string]string{"home/.config/uv/uv.toml": "[[index]]\nname = \"mine\"\nurl = \"{{url}}/simple/\"\ndefault = true\n"},
			env: map[string]string{"UV_INDEX_MINE_USERNAME": "ann", "UV_INDEX_MINE_PASSWORD": "{{tok}}"},
		},
		{name: "netrc of pip", ecosystem: "pypi", files: map[string]string{"home/.netrc": "machine 127.0.0.1 login ann password {{tok}}\n"}, env: map[string]string{"PIP_INDEX_URL": "{{url}}/simple/"}},
		{name: ".pypirc", ecosystem: "pypi", files: map[string]string{"home/.pypirc": "[distutils]\nindex-servers = mine\n[mine]\nrepository = {{url}}/simple/\nusername = ann\npassword = {{tok}}\n"}, env: map[string]string{"PIP_INDEX_URL": "{{url}}/simple/"}},
		{
			name: "keyring", ecosystem: "pypi", programs: map[string]string{"keyring": keyring},
			env: map[string]string{"PIP_INDEX_URL": "http://ann@{{host}}/simple/", "PIP_KEYRING_PROVIDER": "subprocess"},
		},
		{name: "requirements file", ecosystem: "pypi", input: "wanted/requirements.txt", files: map[string]string{"wanted/requirements.txt": "--index-url " + index + "\nbeta\n"}},
		{name: "pyproject.toml of uv", ecosystem: "pypi", input: "wanted", files: map[string]string{"wanted/pyproject.toml": "[project]\nname = \"p\"\nversion = \"1\"\ndependencies = [\"beta\"]\n[[tool.uv.index]]\nurl = \"" + index + "\"\ndefault = true\n"}},
		{
			name: "pyproject.toml of poetry", ecosystem: "pypi", input: "wanted", files: map[string]string{"wanted/pyproject.toml": "[tool.poetry]\nname = \"p\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\nbeta = \"*\"\n[[tool.poetry.source]]\nname = \"mine\"\nurl = \"{{url}}/simple/\"\npriority = \"primary\"\n"},
			env: map[string]string{"POETRY_HTTP_BASIC_MINE_USERNAME": "ann", "POETRY_HTTP_BASIC_MINE_PASSWORD": "{{tok}}"},
		},
		{name: "Pipfile", ecosystem: "pypi", input: "wanted", files: map[string]string{"wanted/Pipfile": "[[source]]\nurl = \"" + index + "\"\nverify_ssl = false\nname = \"mine\"\n[packages]\nbeta = \"*\"\n"}},
	}
}

func configPlaces() []place {
	yaml := func(name, credentials string, env map[string]string, refused bool) place {
		text := "upstreams:\n  - {name: mine, ecosystem: npm, url: \"{{url}}/\", credentials: " + credentials + "}\n"
		return place{name: name, ecosystem: "npm", files: map[string]string{"feedctl.yaml": text, "home/.netrc": "machine 127.0.0.1 login ann password {{tok}}\n"}, env: env, refused: refused}
	}
	return []place{
		yaml("feedctl.yaml env", "{env: MY_TOKEN}", map[string]string{"MY_TOKEN": "{{tok}}"}, false),
		yaml("feedctl.yaml password_env", "{username: ann, password_env: MY_TOKEN}", map[string]string{"MY_TOKEN": "{{tok}}"}, false),
		yaml("feedctl.yaml netrc", "{netrc: true}", nil, false),
		yaml("feedctl.yaml with the secret in it", "{env: \"{{tok}}\"}", nil, true),
		yaml("feedctl.yaml with the secret as a member", "{token: \"{{tok}}\"}", nil, true),
		{name: "feedctl.yaml user in the address", ecosystem: "npm", refused: true, files: map[string]string{"feedctl.yaml": "upstreams:\n  - {name: mine, ecosystem: npm, url: \"http://ann:{{tok}}@{{host}}/\"}\n"}},
		{name: "feedctl.yaml secret in the query", ecosystem: "npm", refused: true, files: map[string]string{"feedctl.yaml": "upstreams:\n  - {name: mine, ecosystem: npm, url: \"{{url}}/?token={{tok}}\"}\n"}},
		{name: "HTTP_PROXY", ecosystem: "npm", files: map[string]string{"home/.npmrc": "registry=http://registry.example/\n"}, env: map[string]string{"HTTP_PROXY": "http://ann:{{tok}}@{{host}}"}},
		{name: "HTTPS_PROXY", ecosystem: "npm", files: map[string]string{"home/.npmrc": "registry=https://registry.example/\n"}, env: map[string]string{"HTTPS_PROXY": "http://ann:{{tok}}@{{host}}"}},
		{name: "another feed's address", ecosystem: "npm", refused: true, files: map[string]string{"feedctl.yaml": "upstreams:\n  - {name: mine, feed: \"http://ann:{{tok}}@{{host}}/\"}\n"}},
		{name: "command line", ecosystem: "npm", refused: true, input: "http://ann:{{tok}}@{{host}}/beta", files: map[string]string{"home/.npmrc": "registry={{url}}/\n"}},
	}
}
