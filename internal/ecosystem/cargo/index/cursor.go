package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// cursor reads JSON text once, from front to back. It takes what it needs apart
// and passes over the rest; whether the whole is JSON is for others to check.
type cursor struct {
	data []byte
	at   int
	deep int
}

// maxDepth is how deep a line may nest.
const maxDepth = 32

var errEnd = errors.New("ends too early")

// next returns the next byte that is no blank, and stays before it.
func (c *cursor) next() byte {
	for ; c.at < len(c.data); c.at++ {
		switch b := c.data[c.at]; b {
		case ' ', '\t', '\r', '\n':
		default:
			return b
		}
	}
	return 0
}

func (c *cursor) take(want byte) error {
	if got := c.next(); got != want {
		return c.wrong(fmt.Sprintf("%q", want))
	}
	c.at++
	return nil
}

func (c *cursor) wrong(want string) error {
	if c.at >= len(c.data) {
		return errEnd
	}
	return fmt.Errorf("column %d: want %s", c.at+1, want)
}

// text returns the inside of the next string; still escaped when escaped is set.
func (c *cursor) text() (inside []byte, escaped bool, err error) {
	if err := c.take('"'); err != nil {
		return nil, false, err
	}
	start := c.at
	for {
		quote := bytes.IndexByte(c.data[c.at:], '"')
		if quote < 0 {
			return nil, false, errEnd
		}
		part := c.data[c.at : c.at+quote]
		c.at += quote + 1
		slashes := 0
		for slashes < len(part) && part[len(part)-1-slashes] == '\\' {
			slashes++
		}
		escaped = escaped || bytes.IndexByte(part, '\\') >= 0
		if slashes%2 == 0 {
			return c.data[start : c.at-1], escaped, nil
		}
	}
}

// str returns the next string.
func (c *cursor) str() (string, error) {
	inside, escaped, err := c.text()
	if err != nil || !escaped {
		return string(inside), err
	}
	var text string
	quoted := append(append([]byte{'"'}, inside...), '"')
	err = json.Unmarshal(quoted, &text)
	return text, err
}

// null passes over a null and reports whether there was one.
func (c *cursor) null() bool {
	if c.next() == 'n' && bytes.HasPrefix(c.data[c.at:], []byte("null")) {
		c.at += 4
		return true
	}
	return false
}

// strOrNull returns the next string, "" for null.
func (c *cursor) strOrNull() (string, error) {
	if c.null() {
		return "", nil
	}
	return c.str()
}

// boolean returns the next boolean, fallback for null.
func (c *cursor) boolean(fallback bool) (bool, error) {
	if c.null() {
		return fallback, nil
	}
	if rest := c.data[c.at:]; bytes.HasPrefix(rest, []byte("true")) {
		c.at += len("true")
		return true, nil
	} else if bytes.HasPrefix(rest, []byte("false")) {
		c.at += len("false")
		return false, nil
	}
	return false, c.wrong("true or false")
}

// number returns the next non-negative integer.
func (c *cursor) number() (int, error) {
	if b := c.next(); b < '0' || b > '9' {
		return 0, c.wrong("a number")
	}
	n := 0
	for ; c.at < len(c.data) && c.data[c.at] >= '0' && c.data[c.at] <= '9'; c.at++ {
		if n = n*10 + int(c.data[c.at]-'0'); n > 1<<30 {
			return 0, c.wrong("a smaller number")
		}
	}
	return n, nil
}

// object calls member for each member of the next object; member takes the value.
func (c *cursor) object(member func(key string) error) error {
	if err := c.open('{'); err != nil {
		return err
	}
	for first := true; c.next() != '}'; first = false {
		if !first {
			if err := c.take(','); err != nil {
				return err
			}
		}
		key, err := c.str()
		if err == nil {
			err = c.take(':')
		}
		if err == nil {
			err = member(key)
		}
		if err != nil {
			return err
		}
	}
	return c.close()
}

// array calls element for each element of the next array; element takes it.
func (c *cursor) array(element func() error) error {
	if err := c.open('['); err != nil {
		return err
	}
	for first := true; c.next() != ']'; first = false {
		if !first {
			if err := c.take(','); err != nil {
				return err
			}
		}
		if err := element(); err != nil {
			return err
		}
	}
	return c.close()
}

func (c *cursor) open(bracket byte) error {
	if c.deep++; c.deep > maxDepth {
		return fmt.Errorf("nests deeper than %d", maxDepth)
	}
	return c.take(bracket)
}

func (c *cursor) close() error {
	c.at++
	c.deep--
	return nil
}

// strings returns the next array of strings, nil for null.
func (c *cursor) strings() ([]string, error) {
	if c.null() {
		return nil, nil
	}
	var all []string
	err := c.array(func() error {
		text, err := c.str()
		all = append(all, text)
		return err
	})
	return all, err
}

// skip passes over the next value.
func (c *cursor) skip() error {
	for depth := 0; ; {
		switch c.next() {
		case 0:
			return errEnd
		case '"':
			if _, _, err := c.text(); err != nil {
				return err
			}
		case '{', '[':
			depth++
			c.at++
			continue
		case '}', ']':
			depth--
			c.at++
		case ',', ':':
			if depth <= 0 {
				return c.wrong("a value")
			}
			c.at++
			continue
		default:
			for c.at < len(c.data) && bytes.IndexByte([]byte(`,:]}[{" `+"\t\r\n"), c.data[c.at]) < 0 {
				c.at++
			}
		}
		if depth <= 0 {
			return nil
		}
	}
}
