package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// texts is shared by the tests and the fuzzers' seeds.
var texts = []string{
	``, ` `, `{}`, `[]`, `{ }`, `[ ]`, `null`, `true`, `false`, `nul`, `tru`, `0`, `-0`, `01`, `-`, `1.`, `.5`, `1.5e+10`, `1e`, `1E5`, `1e+`,
	`"a"`, `"`, `"\`, `"\"`, `"\u12`, `"\u12G4"`, `"\u00e9\ud83d\ude00"`, `"\ud800"`, `"\x"`, "\"\x01\"", "\"\xff\xfe\"", `"é😀  "`, "\"\x7f\"",
	`{"a":1}`, ` { "a" : [ 1 , 2 ] , "b" : { } } `, `{"a":1,}`, `[1,]`, `[1 2]`, `{"a" 1}`, `{a:1}`, `{"a":1}}`, `{"a":1} x`, `{"a":1}` + "\x00",
	`{"a":1,"a":2}`, `{"a":1,"\u0061":3,"b":0}`, `{"":0}`, `{"<&>":"</script>"}`, `[[[[]]]]`, `{"a":{"b":[{"c":null}]}}`, `[`, `{`, `{"a"`, `{"a":`, `[1`,
	`{"versions":{"1.0.0":{"name":"a"}}}`, "\ufeff{}", `"a string that is long enough for whole words \" and more \\"`, "[\"tab\there\"]",
}

// read walks text with the Parser and rebuilds what encoding/json would decode.
func read(p *Parser) (any, error) {
	switch p.Peek() {
	case '{':
		object := map[string]any{}
		err := p.Object(func(key []byte) error {
			name := string(key)
			value, err := read(p)
			object[name] = value
			return err
		})
		return object, err
	case '[':
		array := []any{}
		err := p.Array(func() error {
			value, err := read(p)
			array = append(array, value)
			return err
		})
		return array, err
	}
	raw, err := p.Value()
	if err != nil {
		return nil, err
	}
	if text, ok := String(raw); ok {
		return text, nil
	}
	return decode(raw)
}

func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return value, decoder.Decode(&value)
}

// check compares everything this package does with text to encoding/json.
func check(t *testing.T, text []byte) {
	t.Helper()
	p := NewParser(text)
	got, err := read(p)
	if err == nil {
		err = p.End()
	}
	whole := NewParser(text)
	raw, skipErr := whole.Value()
	if skipErr == nil {
		skipErr = whole.End()
	}
	if (err == nil) != (skipErr == nil) {
		t.Fatalf("%q: walking says %v, skipping %v", text, err, skipErr)
	}
	checkReading(t, text, got, err)
	if err != nil {
		if json.Valid(text) && bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) <= MaxDepth {
			t.Fatalf("%q: %v, but encoding/json accepts it", text, err)
		}
		return
	}
	want, err := decode(text)
	if err != nil || !json.Valid(text) {
		t.Fatalf("%q is accepted, but encoding/json refuses it: %v", text, err)
	}
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("%q decodes differently:\n%s", text, cmp.Diff(want, got))
	}
	checkAppend(t, raw, want)
}

// checkReading compares a text that is read piece by piece with the whole one.
func checkReading(t *testing.T, text []byte, want any, whole error) {
	t.Helper()
	for _, size := range []int{1, 2, 3, 8, 13} {
		p := newReading(bytes.NewReader(text), make([]byte, 0, size))
		got, err := read(p)
		if err == nil {
			err = p.End()
		}
		if whole != nil {
			if fmt.Sprint(err) != fmt.Sprint(whole) {
				t.Fatalf("%q: %v, in pieces of %d: %v", text, whole, size, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(want, got) {
			t.Fatalf("%q in pieces of %d: %v\n%s", text, size, err, cmp.Diff(want, got))
		}
		skipping := newReading(bytes.NewReader(text), make([]byte, 0, size))
		if err := errors.Join(skipping.Skip(), skipping.End()); err != nil {
			t.Fatalf("%q passed over in pieces of %d: %v", text, size, err)
		}
	}
}

// TestRead reads a text that does not fit into the window, and one that is cut.
func TestRead(t *testing.T) {
	long := strings.Repeat("é\\u00e9 ", window)
	text := `{"a":"` + long + `","b":["` + long + `"]}`
	var got int
	err := Read(strings.NewReader(text), func(p *Parser) error {
		err := p.Object(func(key []byte) error {
			if string(key) == "b" {
				return nil
			}
			value, err := p.Value()
			got = len(value)
			return err
		})
		return errors.Join(err, p.End())
	})
	if err != nil || got != len(long)+2 {
		t.Errorf("%v, %d bytes", err, got)
	}
	cut := errors.New("cut")
	for _, rest := range []int{0, 1, 5, window, len(text) - 1, len(text)} {
		source := io.MultiReader(strings.NewReader(text[:rest]), iotest.ErrReader(cut))
		err := Read(source, func(p *Parser) error {
			if _, err := read(p); err != nil {
				return err
			}
			return p.End()
		})
		if !errors.Is(err, cut) {
			t.Errorf("cut after %d bytes: %v", rest, err)
		}
	}
}

func checkAppend(t *testing.T, raw []byte, want any) {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		t.Fatal(err)
	}
	if got := AppendCompact(nil, raw); !bytes.Equal(got, compact.Bytes()) {
		t.Fatalf("AppendCompact(%q) = %q, want %q", raw, got, compact.Bytes())
	}
	safe := AppendSafe([]byte("x"), raw)[1:]
	for _, c := range safe {
		if c >= 0x7f || c < ' ' || strings.IndexByte("<>&", c) >= 0 {
			t.Fatalf("AppendSafe(%q) = %q holds %q", raw, safe, c)
		}
	}
	got, err := decode(safe)
	if err != nil || !reflect.DeepEqual(want, got) {
		t.Fatalf("AppendSafe(%q) = %q, means something else: %v\n%s", raw, safe, err, cmp.Diff(want, got))
	}
	if again := AppendSafe(nil, safe); !bytes.Equal(again, safe) {
		t.Fatalf("AppendSafe is not stable: %q, then %q", safe, again)
	}
	if text, ok := want.(string); ok {
		if got, err := decode(AppendString(nil, text)); err != nil || got != want {
			t.Fatalf("AppendString(%q) reads back as %q, %v", text, got, err)
		}
	}
}

func TestLikeEncodingJSON(t *testing.T) {
	for _, text := range texts {
		t.Run(text, func(t *testing.T) { check(t, []byte(text)) })
	}
}

func FuzzLikeEncodingJSON(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { check(t, text) })
}

func TestDepth(t *testing.T) {
	for _, open := range []string{"[", `{"a":`} {
		shut := map[string]string{"[": "]", `{"a":`: "}"}[open]
		nested := func(n int) []byte { return []byte(strings.Repeat(open, n) + "0" + strings.Repeat(shut, n)) }
		if _, err := NewParser(nested(MaxDepth)).Value(); err != nil {
			t.Errorf("%s to the limit: %v", open, err)
		}
		for _, depth := range []int{MaxDepth + 1, 1 << 20} {
			var syntax *SyntaxError
			if _, err := NewParser(nested(depth)).Value(); !errors.As(err, &syntax) || !strings.Contains(err.Error(), "deeper") {
				t.Errorf("%s %d deep: skipping says %v", open, depth, err)
			}
			if _, err := read(NewParser(nested(depth))); !errors.As(err, &syntax) {
				t.Errorf("%s %d deep: walking says %v", open, depth, err)
			}
		}
	}
}

// A limit that counted values instead of depth would refuse wide texts.
func TestWide(t *testing.T) {
	text := []byte("[" + strings.Repeat("[],{},[{}],", 10*MaxDepth) + "0]")
	check(t, text)
}

func TestMembers(t *testing.T) {
	members, err := Members([]byte(`{"a":1, "b":[2] ,"a" : {"c":3}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%s", members), `[{a {"c":3}} {b [2]}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, text := range []string{`"a"`, `[1]`, `null`} {
		if members, err := Members([]byte(text)); err != nil || members != nil {
			t.Errorf("Members(%s) = %v, %v; want none", text, members, err)
		}
	}
	for _, text := range []string{``, `{`, `{} {}`, `{"a":}`} {
		if _, err := Members([]byte(text)); err == nil {
			t.Errorf("Members(%s) gives no error", text)
		}
	}
}

// What a callback does not read is passed over, also when it only peeked.
func TestUnreadValues(t *testing.T) {
	p := NewParser([]byte(`{"a": [1, 2], "b": "x"}`))
	var keys []string
	err := p.Object(func(key []byte) error {
		keys = append(keys, string(key))
		p.Peek()
		return p.Array(func() error { p.Peek(); return nil })
	})
	if err == nil {
		err = p.End()
	}
	if err != nil || strings.Join(keys, "") != "ab" {
		t.Fatalf("keys %q, %v", keys, err)
	}
}

func BenchmarkSkip(b *testing.B) {
	one := `"1.0.%d":{"name":"alpha","version":"1.0.0","description":"A thing that does things","dependencies":{"beta":"^1.0.0","gamma":"~2.1.0"},` +
		`"scripts":{"test":"node test.js"},"dist":{"integrity":"sha512-abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghij==","tarball":"https://registry.example/alpha/-/alpha-1.0.0.tgz"}},`
	text := []byte("{" + strings.Repeat(one, 10000) + `"x":0}`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := NewParser(text).Value(); err != nil {
			b.Fatal(err)
		}
	}
}
