package serve

import (
	"io"
	"io/fs"
	"time"
)

// modified is the time of a file's last change, zero when it is not known.
func modified(body io.Reader) time.Time {
	file, ok := body.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return time.Time{}
	}
	info, err := file.Stat()
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
