package solve

import (
	"fmt"
	"strings"
)

// maxLines bounds an explanation.
const maxLines = 80

// narrator writes a proof so that every sentence follows from facts, from the
// sentence before it, or from one that has a number.
type narrator struct {
	lines   []sentence
	uses    map[*Derivation]int
	numbers map[*Derivation]int
	written map[*Derivation]bool
	last    *Derivation
}

type sentence struct {
	text string
	of   *Derivation
}

func narrate(d *Derivation) string {
	if len(d.Causes) == 0 {
		return "Because " + d.Text + ", the requirements cannot be met."
	}
	n := &narrator{uses: map[*Derivation]int{}, numbers: map[*Derivation]int{}, written: map[*Derivation]bool{}}
	n.count(d)
	n.write(d)
	return n.text()
}

// text numbers the sentences that others name.
func (n *narrator) text() string {
	lines := make([]string, len(n.lines))
	for i, line := range n.lines {
		lines[i] = line.text + "."
		if k := n.numbers[line.of]; k > 0 {
			lines[i] += fmt.Sprintf(" (%d)", k)
		}
	}
	if cut := len(lines) - maxLines; cut > 0 {
		lines = append([]string{fmt.Sprintf("(%d steps are left out.)", cut)}, lines[cut:]...)
	}
	return strings.Join(lines, "\n")
}

func (n *narrator) count(d *Derivation) {
	n.uses[d]++
	if n.uses[d] > 1 {
		return
	}
	for _, c := range d.Causes {
		n.count(c)
	}
}

// write puts down all that a statement rests on, the longest part first, and then
// the statement.
func (n *narrator) write(d *Derivation) {
	if n.written[d] {
		return
	}
	var steps []*Derivation
	for _, c := range d.Causes {
		if len(c.Causes) > 0 {
			steps = append(steps, c)
		}
	}
	for i, c := range steps {
		n.write(c)
		if i < len(steps)-1 || n.last != c {
			n.number(c)
		}
	}
	n.sentence(d)
}

// number gives a statement that was written a number to be named by.
func (n *narrator) number(d *Derivation) {
	if n.numbers[d] == 0 {
		n.numbers[d] = len(n.numbers) + 1
	}
}

func (n *narrator) sentence(d *Derivation) {
	start, reasons := "Because ", []string(nil)
	for _, c := range d.Causes {
		switch {
		case len(c.Causes) == 0:
			reasons = append(reasons, c.Text)
		case c == n.last && n.numbers[c] == 0:
			start = "And because "
		default:
			reasons = append(reasons, fmt.Sprintf("%s (%d)", c.Text, n.numbers[c]))
		}
	}
	text := start + enumerate(reasons, "and") + ", " + d.Text
	if len(reasons) == 0 {
		text = "So " + d.Text
	}
	n.lines = append(n.lines, sentence{text, d})
	n.written[d] = true
	n.last = d
}
