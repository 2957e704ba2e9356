package lock

import (
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// largeLock returns a package-lock of version 3 with n releases that require
// three others each, as in real ones.
func largeLock(n int) string {
	var b strings.Builder
	b.WriteString(`{"name":"large","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"large","version":"1.0.0","dependencies":{"package-0":"^1.0.0"}}`)
	for i := range n {
		sum := sha512.Sum512(fmt.Append(nil, i))
		fmt.Fprintf(&b, ",\n    \"node_modules/package-%d\": {\n      \"version\": \"1.%d.0\",\n      \"resolved\": \"https://registry.example/package-%d/-/package-%d-1.%d.0.tgz\",\n      \"integrity\": \"sha512-%s\",\n      \"license\": \"MIT\",\n      \"dependencies\": {",
			i, i, i, i, i, base64.StdEncoding.EncodeToString(sum[:]))
		for j := range 3 {
			if j > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, "\n        \"package-%d\": \"^1.0.0\"", (i*3+j+1)%n)
		}
		b.WriteString("\n      },\n      \"engines\": {\n        \"node\": \">=6.9.0\"\n      }\n    }")
	}
	b.WriteString("}}\n")
	return b.String()
}

// BenchmarkPackageLock reads a lock as large as that of a big application.
func BenchmarkPackageLock(b *testing.B) {
	text := largeLock(1720)
	fsys := fstest.MapFS{"package-lock.json": {Data: []byte(text)}}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadPackageLock(fsys, "package-lock.json"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormats(b *testing.B) {
	for _, fixture := range fixtures {
		b.Run(fixture.dir, func(b *testing.B) {
			for b.Loop() {
				readFixture(b, fixture.dir, fixture.file)
			}
		})
	}
}
