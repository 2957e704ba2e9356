package index

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// largeFile is the index file of a crate with many versions.
func largeFile() []byte {
	var file bytes.Buffer
	dependencies := strings.Repeat(`{"name":"other-crate","req":"^1.2","features":["alloc","std"],"optional":true,"default_features":false,"target":"cfg(unix)","kind":"normal"},`, 20)
	for i := range 500 {
		fmt.Fprintf(&file, `{"name":"example","vers":"1.%d.0","deps":[%s{"name":"last","req":"*"}],"cksum":"%s",`, i, dependencies, sum)
		file.WriteString(`"features":{"default":["std"],"full":["a","b","c","d","e","f"],"std":[]},"features2":{"e":["dep:other-crate"],"f":["other-crate?/x"]},"yanked":false,"links":null,"v":2,"rust_version":"1.70","pubtime":"2026-01-02T03:04:05Z"}` + "\n")
	}
	return file.Bytes()
}

func BenchmarkLine(b *testing.B) {
	file := largeFile()
	for name, read := range map[string]func(line []byte) error{
		"VersionOf": func(line []byte) error {
			if VersionOf(line) == "" {
				return errEnd
			}
			return nil
		},
		"Scan":   func(line []byte) error { _, err := Scan(line); return err },
		"Decode": func(line []byte) error { _, err := Decode(line); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				lines := 0
				Lines(file, func(line []byte) bool {
					if err := read(line); err != nil {
						b.Fatal(err)
					}
					lines++
					return true
				})
				if lines != 500 {
					b.Fatal(lines)
				}
			}
		})
	}
}
