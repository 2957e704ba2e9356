package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/pkg/feed"
)

func TestArtifactIsCheckedAgainstWhatIsKnown(t *testing.T) {
	const text = "some bytes"
	right := artifactFile("demo/x.bin", text)
	sha1 := feed.NewHasher("sha1")
	sha1.Write([]byte(text))
	for _, row := range []struct {
		what      string
		file      feed.File
		want, got string // of the IntegrityError; empty when the artifact is right
	}{
		{"size and digest", right, "", ""},
		{"no size", feed.File{Path: right.Path, Digests: right.Digests}, "", ""},
		{"nothing known", feed.File{Path: right.Path}, "", ""},
		{"foreign digest only", feed.File{Path: right.Path, Digests: feed.Digests{"h1": "x"}}, "", ""},
		{"digest in upper case", feed.File{Path: right.Path, Digests: feed.Digests{"sha256": strings.ToUpper(right.Digests["sha256"])}}, "", ""},
		{"too short", feed.File{Path: right.Path, Size: 11}, "11 bytes", "10 bytes"},
		{"too long", feed.File{Path: right.Path, Size: 9}, "9 bytes", "more bytes"},
		{"wrong digest", feed.File{Path: right.Path, Digests: feed.Digests{"sha1": strings.Repeat("0", 40)}}, "sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=", sha1.Digests().SRI("sha1")},
		{
			"one of two digests wrong",
			feed.File{Path: right.Path, Digests: feed.Digests{"sha1": strings.Repeat("0", 40), "sha256": right.Digests["sha256"]}},
			"sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA=", sha1.Digests().SRI("sha1"),
		},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := t.TempDir()
			w := lockFeed(t, dir)
			got, err := w.Artifact(t.Context(), row.file, nil, content(text))
			if row.want == "" {
				if err != nil || got.Size != 10 || got.Digests.Strongest() == "" {
					t.Fatalf("got %+v, %v", got, err)
				}
				return
			}
			want := &feed.IntegrityError{Path: right.Path, Got: row.got, Want: row.want}
			var integrity *feed.IntegrityError
			if !errors.As(err, &integrity) || *integrity != *want {
				t.Errorf("error is %v, want %v", err, want)
			}
			if left := leftovers(t, dir); len(left) > 0 {
				t.Errorf("the stage holds %v", left)
			}
		})
	}
}

// leftovers returns the files in .feedctl other than those of the lock.
func leftovers(t *testing.T, dir string) []string {
	t.Helper()
	var left []string
	err := filepath.WalkDir(filepath.Join(dir, controlDir), func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != "lock" && entry.Name() != "holder.json" {
			left = append(left, filepath.ToSlash(path[len(dir)+1:]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func TestArtifactComputesExtraDigests(t *testing.T) {
	dir := t.TempDir()
	file := artifactFile("demo/x.bin", "some bytes")
	all := feed.NewHasher("sha1", "sha256", "sha512")
	all.Write([]byte("some bytes"))
	extra := []string{"sha512", "sha1", "h1"}
	for _, what := range []string{"fetched", "in the stage", "in the feed"} {
		w := lockFeed(t, dir)
		got, err := w.Artifact(t.Context(), file, extra, content("some bytes"))
		if diff := cmp.Diff(all.Digests(), got.Digests); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got:\n%s", what, err, diff)
		}
		if what == "in the stage" {
			publish(t, w, dayOne)
		}
		closeWriter(w)
	}
}

func TestArtifactThatIsThere(t *testing.T) {
	const path = "demo/alpha/1.0.0.bin"
	right := artifactFile(path, "bytes of alpha 1.0.0")
	for _, row := range []struct {
		what    string
		file    feed.File
		repair  bool
		where   string // of a file that is put there before
		text    string // of that file
		fetched bool
	}{
		{"in the feed", right, false, "", "", false},
		{"in the feed, no size known", feed.File{Path: path, Digests: right.Digests}, false, "", "", false},
		{"in the feed, nothing known", feed.File{Path: path}, false, "", "", false},
		{"in the feed, repairing", right, true, "", "", false},
		{"cut in the feed", right, false, path, "bytes of", true},
		{"changed in the feed, not looked at", right, false, path, "bytes of ALPHA 1.0.0", false},
		{"changed in the feed, repairing", right, true, path, "bytes of ALPHA 1.0.0", true},
		{"in the stage", artifactFile("demo/new", "new"), false, stageDir + "/demo/new", "new", false},
		{"wrong in the stage", artifactFile("demo/new", "new"), false, stageDir + "/demo/new", "old", true},
		{"in the stage, nothing known", feed.File{Path: "demo/new"}, false, stageDir + "/demo/new", "new", true},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := seed(t)
			if row.where != "" {
				write(t, dir, row.where, row.text)
			}
			w := lockFeed(t, dir)
			w.Repair = row.repair
			text := "bytes of alpha 1.0.0"
			if row.file.Path != path {
				text = "new"
			}
			var fetched bool
			got, err := w.Artifact(t.Context(), row.file, nil, func(ctx context.Context) (io.ReadCloser, error) {
				fetched = true
				return content(text)(ctx)
			})
			if err != nil || fetched != row.fetched {
				t.Fatalf("fetched: %v, want %v; error %v", fetched, row.fetched, err)
			}
			if want := artifactFile(row.file.Path, text); got.Size != want.Size || got.Digests["sha256"] != want.Digests["sha256"] {
				t.Errorf("got %+v, want %+v", got, want)
			}
			changed := publish(t, w, dayTwo)
			if want := row.fetched || strings.HasPrefix(row.where, stageDir); changed != want {
				t.Errorf("changed: %v, want %v", changed, want)
			}
			if !strings.HasPrefix(row.what, "changed in the feed, not") {
				if got := tree(t, dir)[row.file.Path]; got != text {
					t.Errorf("the feed has %q, want %q", got, text)
				}
			}
		})
	}
}

func TestArtifactThatFails(t *testing.T) {
	broken := errors.New("connection reset")
	for _, row := range []struct {
		what string
		open func(context.Context) (io.ReadCloser, error)
		want error
	}{
		{"no answer", func(context.Context) (io.ReadCloser, error) { return nil, feed.ErrNotFound }, feed.ErrNotFound},
		{"cut body", func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), iotest.ErrReader(broken))), nil
		}, broken},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := t.TempDir()
			w := lockFeed(t, dir)
			if _, err := w.Artifact(t.Context(), feed.File{Path: "demo/x"}, nil, row.open); !errors.Is(err, row.want) {
				t.Errorf("error is %v", err)
			}
			if left := leftovers(t, dir); len(left) > 0 {
				t.Errorf("the stage holds %v", left)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		w := lockFeed(t, t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := w.Artifact(ctx, feed.File{Path: "demo/x"}, nil, content("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestArtifactsAtOnce(t *testing.T) {
	dir := t.TempDir()
	w := lockFeed(t, dir)
	var fetched atomic.Int32
	var group sync.WaitGroup
	for i := range 64 {
		path := "demo/" + string(rune('a'+i%8)) + "/x.bin"
		group.Go(func() {
			_, err := w.Artifact(t.Context(), artifactFile(path, path), nil, func(ctx context.Context) (io.ReadCloser, error) {
				fetched.Add(1)
				time.Sleep(2 * time.Millisecond) // so that the others come meanwhile
				return content(path)(ctx)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if fetched.Load() != 8 {
		t.Errorf("8 files were fetched %d times", fetched.Load())
	}
	publish(t, w, dayOne)
	for path, text := range tree(t, dir) {
		if strings.HasSuffix(path, ".bin") && text != path {
			t.Errorf("%s holds %q", path, text)
		}
	}
}

func TestArtifactWithTwoContents(t *testing.T) {
	w := lockFeed(t, t.TempDir())
	if _, err := w.Artifact(t.Context(), artifactFile("demo/x", "one"), nil, content("one")); err != nil {
		t.Fatal(err)
	}
	var integrity *feed.IntegrityError
	if _, err := w.Artifact(t.Context(), artifactFile("demo/x", "two"), nil, content("two")); !errors.As(err, &integrity) {
		t.Errorf("error is %v", err)
	}
}
