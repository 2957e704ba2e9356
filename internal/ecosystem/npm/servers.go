package npm

import "github.com/feedctl/feedctl/internal/ecosystem"

// serverSnippets returns configuration for web servers. {prefix} is the path of
// the registry, which lies below the document root. Only Apache and a bare
// http.FileServer need theirs, because of the %2f in scoped names.
func serverSnippets() []ecosystem.Snippet {
	return []ecosystem.Snippet{
		{Client: "nginx (optional)", File: "nginx.conf", Text: nginxConfig},
		{Client: "Apache (required)", File: "httpd.conf", Text: apacheConfig},
		{Client: "Caddy (optional)", File: "Caddyfile", Text: caddyConfig},
		{Client: "lighttpd (optional)", File: "lighttpd.conf", Text: lighttpdConfig},
		{Client: "Go (required with http.FileServer)", File: "main.go", Text: goServer},
	}
}

const nginxConfig = `# No redirects, JSON as JSON, and packuments that are asked for again.
absolute_redirect off;
location {prefix}/ {
    try_files $uri $uri/index.html =404;
    types { application/gzip tgz; }
    default_type application/json;
    add_header Cache-Control no-cache;
    # For a feed without a base URL, to be right under every name of the host:
    # sub_filter_types application/json;
    # sub_filter_once off;
    # sub_filter "https://OLD-REGISTRY/" "$scheme://$http_host{prefix}/";
}
# Never send Content-Encoding for .tgz files.
`

const apacheConfig = `# Inside <VirtualHost>: the main server's setting is not inherited, and
# .htaccess cannot set it. NoDecode does not work.
AllowEncodedSlashes On
# Optional, no redirects:
RewriteEngine On
RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI}/index.html -f
RewriteRule ^({prefix}/.*[^/])$ $1/index.html [L]
# Remove any AddEncoding for .tgz: clients would see other bytes.
`

const caddyConfig = `@packument {
    path {prefix}/*
    not path */-/*
}
header @packument Cache-Control no-cache
header @packument >Content-Type application/json
try_files {path} {path}/index.html
file_server
`

const lighttpdConfig = `# No redirects:
url.rewrite-if-not-file = ("^{prefix}/((?:@[^/]+/)?[^/@]+)$" => "{prefix}/$1/index.html")
`

const goServer = `// A packument is the index.html of its folder, also where the client writes
// the slash of a scope as %2f.
func registry(dir string) http.Handler {
	root := http.Dir(dir)
	files := http.FileServer(root)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f, err := root.Open(path.Clean("/"+r.URL.Path) + "/index.html"); err == nil {
			defer f.Close()
			if info, err := f.Stat(); err == nil && !info.IsDir() {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Cache-Control", "no-cache")
				http.ServeContent(w, r, "", info.ModTime(), f)
				return
			}
		}
		files.ServeHTTP(w, r)
	})
}
`
