package lock

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// logicalLine is one line of a requirements file, continuations joined and
// comments taken off.
type logicalLine struct {
	number int // of its first line in the file, from 1
	text   string
}

var (
	codingComment = regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`)
	variable      = regexp.MustCompile(`\$\{[A-Z0-9_]+\}`)
)

// decodeText returns the text of a requirements file: in UTF-8, in UTF-16 or
// UTF-32 with a byte order mark, or in Latin-1 if one of the first two lines says
// so or if the bytes are no UTF-8.
func decodeText(data []byte) string {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")):
		return decodeUTF32(data[4:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return decodeUTF32(data[4:], binary.BigEndian)
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], binary.BigEndian)
	}
	if utf8.Valid(data) && !saysLatin(data) {
		return string(data)
	}
	runes := make([]rune, len(data))
	for i, b := range data {
		runes[i] = rune(b)
	}
	return string(runes)
}

func saysLatin(data []byte) bool {
	for _, line := range bytes.SplitN(data, []byte("\n"), 3)[:min(2, 1+bytes.Count(data, []byte("\n")))] {
		if found := codingComment.FindSubmatch(line); found != nil {
			name := strings.ToLower(strings.ReplaceAll(string(found[1]), "_", "-"))
			return name == "latin-1" || name == "latin1" || strings.HasPrefix(name, "iso-8859-1")
		}
	}
	return false
}

func decodeUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

func decodeUTF32(data []byte, order binary.ByteOrder) string {
	runes := make([]rune, len(data)/4)
	for i := range runes {
		runes[i] = rune(order.Uint32(data[4*i:]) & 0x7fffffff)
	}
	return string(runes)
}

// logicalLines splits a requirements file as pip does: a backslash at its end
// joins a line with the next, unless the line is a comment; "#" at the beginning
// or behind white space starts a comment.
func logicalLines(text string) []logicalLine {
	var lines []logicalLine
	var parts []string
	first := 0
	flush := func() {
		if joined := strings.TrimSpace(withoutComment(strings.Join(parts, ""))); joined != "" {
			lines = append(lines, logicalLine{first, joined})
		}
		parts = nil
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if len(parts) == 0 {
			first = number
		}
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		if comment {
			line = " " + line
		}
		if strings.HasSuffix(line, `\`) && !comment {
			parts = append(parts, strings.TrimRight(line, `\`))
			continue
		}
		parts = append(parts, line)
		flush()
	}
	flush()
	return lines
}

func withoutComment(line string) string {
	for at := range len(line) {
		if line[at] == '#' && (at == 0 || strings.IndexByte(" \t\f\v", line[at-1]) >= 0) {
			return line[:at]
		}
	}
	return line
}

// Expand puts environment variables, "${NAME}", into a text as pip does; one that
// is not set stays. Addresses in [Settings] have them as the input does, since
// their values may be secret.
func Expand(text string, getenv Getenv) string {
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		if value, ok := getenv(found[2 : len(found)-1]); ok && value != "" {
			return value
		}
		return found
	})
}

// splitOptions divides a line into its requirement and the options after it, which
// begin with the first word that starts with "-".
func splitOptions(text string) (requirement string, options []string, err error) {
	at := 0
	for word := range strings.FieldsSeq(text) {
		start := at + strings.Index(text[at:], word)
		if strings.HasPrefix(word, "-") {
			options, err = splitWords(text[start:])
			return strings.TrimSpace(text[:start]), options, err
		}
		at = start + len(word)
	}
	return text, nil, nil
}

// splitWords divides a text into words as a POSIX shell does: quotes and
// backslashes keep blanks.
func splitWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote byte
	inside := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			if inside {
				words = append(words, word.String())
				word.Reset()
				inside = false
			}
			continue
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
		default:
			word.WriteByte(c)
		}
		inside = true
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quotation mark %c is not closed", quote)
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}

// option is one option of a line, by its long name.
type option struct{ name, value string }

// takesValue says of every option that pip takes in a requirements file whether a
// value follows it.
var takesValue = map[string]bool{
	"--index-url": true, "--extra-index-url": true, "--find-links": true, "--requirement": true, "--constraint": true,
	"--editable": true, "--no-binary": true, "--only-binary": true, "--trusted-host": true, "--use-feature": true,
	"--hash": true, "--global-option": true, "--install-option": true, "--config-settings": true,
	"--no-index": false, "--pre": false, "--prefer-binary": false, "--require-hashes": false,
	"--all-releases": true, "--only-final": true, "--no-build-isolation": false, "--build-constraint": true,
	"--always-unzip": false, "--process-dependency-links": false, "--allow-external": true, "--allow-unverified": true,
	"--allow-all-external": false, "--no-allow-external": false, "--no-use-wheel": false, "--use-wheel": false,
}

// longNames are the other spellings of options.
var longNames = map[string]string{
	"-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links", "-r": "--requirement", "-c": "--constraint",
	"-e": "--editable", "-C": "--config-settings", "--config-setting": "--config-settings", "-Z": "--always-unzip",
	"--requirements": "--requirement", "--constraints": "--constraint", "--extra-index": "--extra-index-url",
}

// parseOptions reads options: "--name value", "--name=value", "-n value", "-nvalue".
func parseOptions(words []string) ([]option, error) {
	var options []option
	for i := 0; i < len(words); i++ {
		name, value, given := strings.Cut(words[i], "=")
		if !strings.HasPrefix(name, "-") {
			return nil, fmt.Errorf("%q stands where an option is expected", clip(redact(words[i])))
		}
		if !strings.HasPrefix(name, "--") && len(words[i]) > 2 {
			name, value, given = words[i][:2], words[i][2:], true
		}
		if long, ok := longNames[name]; ok {
			name = long
		}
		needs, known := takesValue[name]
		switch {
		case !known:
			return nil, fmt.Errorf("pip knows no option %q in a requirements file", clip(name))
		case given && !needs:
			return nil, fmt.Errorf("the option %s takes no value", name)
		case needs && !given:
			if i++; i >= len(words) {
				return nil, fmt.Errorf("the option %s lacks its value", name)
			}
			value = words[i]
		}
		options = append(options, option{name, value})
	}
	return options, nil
}
