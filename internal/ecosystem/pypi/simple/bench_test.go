package simple

import (
	"bytes"
	"fmt"
	"net/url"
	"testing"
)

// largePage is a page with many files, as those of popular projects are.
func largePage(json bool) []byte {
	const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	var b bytes.Buffer
	if json {
		b.WriteString(`{"meta":{"api-version":"1.1"},"name":"demo","versions":[],"files":[`)
	}
	for i := range 20_000 {
		name := fmt.Sprintf("demo-1.%d.%d-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", i/10, i%10)
		address := "https://files.test/packages/ab/cd/" + sum[4:] + "/" + name
		if json {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"core-metadata":{"sha256":"%s"},"data-dist-info-metadata":{"sha256":"%s"},"filename":"%s","hashes":{"sha256":"%s"},"provenance":null,"requires-python":">=3.8","size":%d,"upload-time":"2024-02-28T14:51:14.123456Z","url":"%s","yanked":false}`, sum, sum, name, sum, i, address)
			continue
		}
		fmt.Fprintf(&b, "<a href=\"%s#sha256=%s\" data-requires-python=\"&gt;=3.8\" data-dist-info-metadata=\"sha256=%s\" data-core-metadata=\"sha256=%s\" data-upload-time=\"2024-02-28T14:51:14Z\">%s</a><br />\n", address, sum, sum, sum, name)
	}
	if json {
		b.WriteString("]}")
	}
	return b.Bytes()
}

var pageBase = &url.URL{Scheme: "https", Host: "index.test", Path: "/simple/demo/"}

func BenchmarkPage(b *testing.B) {
	for _, json := range []bool{false, true} {
		page := largePage(json)
		b.Run(map[bool]string{false: "html", true: "json"}[json], func(b *testing.B) {
			x := &Index{}
			b.SetBytes(int64(len(page)))
			b.ReportAllocs()
			for b.Loop() {
				p := Project{Name: "demo"}
				if err := x.fill(&p, page, pageBase); err != nil || p.groups() != 20_000 {
					b.Fatal(p.groups(), err)
				}
			}
		})
	}
}
