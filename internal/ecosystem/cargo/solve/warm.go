package solve

import "context"

// warm asks for the crates that a template is going to need, wave after wave:
// it takes the first candidate of each demand for the one that will be chosen,
// with the features that this demand asks of it. It returns when nothing is
// under way. What cannot be read is left for the search to meet.
func (s *space) warm(ctx context.Context, templates ...*template) error {
	w := &wave{space: s, pending: map[*crate][]*demand{}}
	for _, t := range templates {
		w.follow(ctx, t)
	}
	for s.flying > 0 {
		c, err := s.take(ctx)
		if err != nil {
			return err
		}
		demands := w.pending[c]
		delete(w.pending, c)
		for _, d := range demands {
			w.predict(ctx, d)
		}
	}
	return nil
}

type wave struct {
	*space
	pending map[*crate][]*demand
}

func (w *wave) follow(ctx context.Context, t *template) {
	for _, n := range t.needs {
		d := n.demand
		if d.predicted || w.failed {
			continue
		}
		d.predicted = true
		if d.crate.state == ready {
			w.predict(ctx, d)
			continue
		}
		w.pending[d.crate] = append(w.pending[d.crate], d)
		w.ask(ctx, d.crate)
	}
}

func (w *wave) predict(ctx context.Context, d *demand) {
	if d.crate.err != nil {
		return
	}
	d.find(&w.order)
	if len(d.found.candidates) == 0 {
		return
	}
	v := d.found.candidates[0]
	if w.load(v); v.broken != nil {
		return
	}
	w.follow(ctx, w.template(v, d.request))
}
