package mirror

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/store"
	"github.com/feedctl/feedctl/pkg/feed"
)

// UnsupportedError lists the entries of the inputs that no registry can serve.
type UnsupportedError struct {
	Skipped []feed.Skipped
}

func (e *UnsupportedError) Error() string {
	var b strings.Builder
	b.WriteString("these entries are in no registry and cannot be mirrored:")
	for _, s := range e.Skipped {
		fmt.Fprintf(&b, "\n  %s (%s): %s, in %s", s.Name, s.Spec, s.Reason, s.Where)
	}
	return b.String()
}

// resolve turns the job's requests into graphs.
func (r *run) resolve(ctx context.Context, j *job) error {
	for i := range j.requests {
		if err := r.complete(ctx, j, &j.requests[i]); err != nil {
			return err
		}
	}
	r.phase("Resolving "+j.Name, 0)
	for i := range j.requests {
		graph, err := r.graph(ctx, j, &j.requests[i])
		if err != nil {
			return err
		}
		if len(graph.Skipped) > 0 && !r.SkipUnsupported {
			return &UnsupportedError{Skipped: graph.Skipped}
		}
		j.graphs = append(j.graphs, graph)
	}
	if r.wholeFeed() {
		return r.resolveRoots(ctx, j)
	}
	return nil
}

// resolveRoots takes every root of the feed for a request of this run.
func (r *run) resolveRoots(ctx context.Context, j *job) error {
	for root, err := range r.feed.Roots(ctx, j.Name) {
		if isDamage(err) {
			continue
		}
		if err != nil {
			return err
		}
		graph := recalled(root, nil)
		lost, err := r.lostChoice(ctx, root)
		if err != nil {
			return err
		}
		if lost {
			if graph, err = j.Resolve(ctx, root.Request, j.shelf); err != nil {
				return err
			}
		}
		j.requests = append(j.requests, root.Request)
		j.graphs = append(j.graphs, graph)
	}
	return nil
}

// lostChoice reports whether the lock that was chosen for a root has to be
// repaired: its request is resolved again.
func (r *run) lostChoice(ctx context.Context, root feed.RootRecord) (bool, error) {
	if !r.Repair {
		return false, nil
	}
	for _, file := range root.Chosen {
		if held, err := r.feed.Matches(ctx, file); err != nil || !held {
			return true, err
		}
	}
	return false, nil
}

// complete gives a request the targets and options of this run.
func (r *run) complete(ctx context.Context, j *job, request *feed.Request) error {
	request.Targets = j.profile.Targets
	request.Options = map[string]string{} // a lock's own are none, so that every machine recalls it
	if r.LockedOnly && request.Locked() {
		request.Options[ecosystem.LockedOnly] = "true"
	}
	if !request.Locked() || j.LockOptions {
		for key, value := range j.profile.Options {
			request.Options[key] = value
		}
		if j.Defaults != nil {
			if err := j.Defaults(ctx, r.environment(j, ""), request.Options); err != nil {
				return err
			}
			j.profile.Options = maps.Clone(request.Options)
		}
		maps.Copy(request.Options, j.once)
	}
	if len(request.Options) == 0 {
		request.Options = nil
	}
	return nil
}

// graph resolves one request, unless the feed remembers what it came to.
func (r *run) graph(ctx context.Context, j *job, request *feed.Request) (feed.Graph, error) {
	if graph, known, err := r.recall(ctx, j, request); known || err != nil {
		return graph, err
	}
	if request.Lock != nil {
		ahead := r.aheadOfResolving(ctx, j, request)
		err := r.warm(ctx, j, request.Lock.Nodes, ahead)
		ahead.close()
		if err != nil {
			return feed.Graph{}, err
		}
	}
	return j.Resolve(ctx, *request, j.shelf)
}

// recall returns what a request came to before, unless that is to be found out
// anew.
func (r *run) recall(ctx context.Context, j *job, request *feed.Request) (graph feed.Graph, known bool, err error) {
	if r.Upgrade || r.forget {
		return feed.Graph{}, false, nil
	}
	root, err := r.feed.Root(ctx, j.Name, store.RootID(*request))
	if isNotFound(err) || r.Repair && isDamage(err) {
		return feed.Graph{}, false, nil
	}
	if err != nil {
		return feed.Graph{}, false, err
	}
	if lost, err := r.lostChoice(ctx, root); lost || err != nil {
		return feed.Graph{}, false, err
	}
	graph = recalled(root, request.Lock)
	if request.Lock != nil {
		graph.Skipped = request.Lock.Skipped
	}
	return graph, true, nil
}

// recalled is the graph that a root came to before, without its edges, which
// the record of the root keeps as far as they matter.
func recalled(root feed.RootRecord, lock *feed.Graph) feed.Graph {
	pins := map[string]feed.Node{}
	if lock != nil {
		for _, node := range lock.Nodes {
			pins[node.Name+"@"+node.Version] = node
		}
	}
	graph := feed.Graph{Nodes: make([]feed.Node, 0, len(root.Releases)), Recalled: &root}
	for _, text := range root.Releases {
		node, ok := pins[text]
		if !ok {
			node.Name, node.Version = feed.CutVersion(text)
		}
		_, node.Bare = slices.BinarySearch(root.Bare, text)
		node.Files = root.Files[text]
		graph.Nodes = append(graph.Nodes, node)
	}
	return graph
}

// warm takes the releases that nodes name from the upstreams, as far as the feed
// does not hold them: one look-up for each package, many at once. Their files are
// offered to ahead.
func (r *run) warm(ctx context.Context, j *job, nodes []feed.Node, ahead *ahead) error {
	wanted := map[string][]feed.Node{}
	var names []string
	for _, node := range nodes {
		if _, seen := wanted[node.Name]; !seen {
			names = append(names, node.Name)
		}
		wanted[node.Name] = append(wanted[node.Name], node)
	}
	r.phase("Reading "+j.Name+" metadata", int64(len(names)))
	unmet := make([][]feed.Unmet, len(names))
	err := each(ctx, len(names), r.jobs(), func(ctx context.Context, i int) error {
		defer r.progress(1)
		missing, err := r.lookUp(ctx, j, names[i], wanted[names[i]])
		if isNotFound(err) {
			requirement := feed.Requirement{Name: names[i], Range: strings.Join(versionsOf(wanted[names[i]]), " and ")}
			unmet[i] = []feed.Unmet{{Requirement: requirement, Reasons: []string{err.Error()}}}
			return nil
		}
		if err == nil {
			ahead.offer(missing)
		}
		return err
	})
	if err != nil {
		return err
	}
	if all := slices.Concat(unmet...); len(all) > 0 {
		return &feed.ResolveError{Unmet: all}
	}
	return nil
}

// lookUp takes the releases that the nodes of one package name, and returns the
// nodes that neither the feed nor this run held before.
func (r *run) lookUp(ctx context.Context, j *job, name string, nodes []feed.Node) ([]feed.Node, error) {
	saved, err := j.shelf.savedPackage(ctx, name)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	before, _ := j.shelf.get(name)
	var missing []feed.Node
	for _, node := range nodes {
		if saved.Release(node.Version) == nil && before.Release(node.Version) == nil {
			missing = append(missing, node)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	return missing, j.shelf.take(ctx, name, versionsOf(missing))
}

func versionsOf(nodes []feed.Node) []string {
	versions := make([]string, len(nodes))
	for i, node := range nodes {
		versions[i] = node.Version
	}
	return versions
}

func (r *run) jobs() int {
	if r.Jobs > 0 {
		return r.Jobs
	}
	return DefaultJobs
}

// DefaultJobs is how many requests run at once when nothing else is said.
const DefaultJobs = 48

func (r *run) phase(name string, total int64) {
	if r.Progress != nil {
		r.Progress.Phase(name, total)
	}
}

func (r *run) progress(n int64) {
	if r.Progress != nil {
		r.Progress.Add(n)
	}
}
