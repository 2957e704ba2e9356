package version

import "strings"

// A key is made of the epoch, the release without its trailing zeros and an end
// mark, and one stage each for pre-release, post-release, development release and
// local part. No key is the beginning of another one, up to the local part, so
// that byte order is the order of PEP 440:
//
//	epoch number… end | pre stage | post stage | dev stage | local…
const (
	endRelease = 0x00 // less than every number

	preDev   = 0x01 // 1.dev0: before all pre-releases
	preAlpha = 0x02
	preBeta  = 0x03
	preRC    = 0x04
	preNone  = 0x05

	postNone  = 0x00
	postSome  = 0x01
	postAbove = 0x02 // in no key: after every post-release

	devNone = 0xFF // more than every number

	localWord = 0x01 // less than every number
	localEnd  = 0x00 // after a word: less than every letter

	top = "\xFF" // in no key: after every version
)

// appendNumber adds a number so that longer numbers sort after shorter ones. Its
// first byte is between 0x02 and 0xFE.
func appendNumber(key []byte, digits string) []byte {
	const small, words = 0x02, 0xA0
	switch length := len(digits); {
	case length == 1:
		return append(key, small+digits[0]-'0')
	case length == 2:
		return append(key, small+(digits[0]-'0')*10+digits[1]-'0')
	case length < 0xFE-words:
		return append(append(key, words+byte(length)), digits...)
	default:
		return append(append(key, 0xFE, byte(length>>8), byte(length)), digits...)
	}
}

// version puts the parts together: text and key in one piece of memory.
func (p parts) version() Version {
	var buffer [96]byte
	key := p.appendKey(buffer[:0])
	length := len(key)
	text := p.appendPublic(key)
	public := len(text) - length
	if p.local != "" {
		text = append(append(text, '+'), p.local...)
	}
	all := string(text)
	v := Version{key: all[:length], text: all[length:], public: uint16(public)}
	if p.pre != "" {
		v.kind |= isPre
	}
	if p.postN != "" {
		v.kind |= isPost
	}
	if p.devN != "" {
		v.kind |= isDev
	}
	return v
}

func (p parts) key() string {
	var buffer [48]byte
	return string(p.appendKey(buffer[:0]))
}

func (p parts) appendKey(key []byte) []byte {
	key = p.appendPreKey(key)
	if p.postN == "" {
		key = append(key, postNone)
	} else {
		key = appendNumber(append(key, postSome), p.postN)
	}
	if p.devN == "" {
		key = append(key, devNone)
	} else {
		key = appendNumber(key, p.devN)
	}
	return p.appendLocalKey(key)
}

// appendPreKey adds epoch, release and pre-release: what a version and its
// post-releases share.
func (p parts) appendPreKey(key []byte) []byte {
	key = appendNumber(key, p.epoch)
	for _, number := range trimRelease(p.release) {
		key = appendNumber(key, number)
	}
	key = append(key, endRelease)
	switch {
	case p.pre == "a":
		return appendNumber(append(key, preAlpha), p.preN)
	case p.pre == "b":
		return appendNumber(append(key, preBeta), p.preN)
	case p.pre == "rc":
		return appendNumber(append(key, preRC), p.preN)
	case p.postN == "" && p.devN != "":
		return append(key, preDev)
	}
	return append(key, preNone)
}

func trimRelease(release []string) []string {
	for len(release) > 0 && release[len(release)-1] == "0" {
		release = release[:len(release)-1]
	}
	return release
}

// appendLocalKey adds the local part: numbers come after words, and a part that
// goes on comes after one that ends.
func (p parts) appendLocalKey(key []byte) []byte {
	for rest := p.local; rest != ""; {
		var segment string
		segment, rest, _ = strings.Cut(rest, ".")
		if isNumber(segment) {
			key = appendNumber(key, segment)
		} else {
			key = append(append(append(key, localWord), segment...), localEnd)
		}
	}
	return key
}

// appendPublic adds the normal form without the local part.
func (p parts) appendPublic(text []byte) []byte {
	if p.epoch != "0" {
		text = append(append(text, p.epoch...), '!')
	}
	for i, number := range p.release {
		if i > 0 {
			text = append(text, '.')
		}
		text = append(text, number...)
	}
	if p.pre != "" {
		text = append(append(text, p.pre...), p.preN...)
	}
	if p.postN != "" {
		text = append(append(text, ".post"...), p.postN...)
	}
	if p.devN != "" {
		text = append(append(text, ".dev"...), p.devN...)
	}
	return text
}

// increment returns the number after the one that digits write.
func increment(digits string) string {
	next := []byte(digits)
	for i := len(next) - 1; i >= 0; i-- {
		if next[i] != '9' {
			next[i]++
			return string(next)
		}
		next[i] = '0'
	}
	return "1" + string(next)
}
