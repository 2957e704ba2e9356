package upstream

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// Opener opens a feed that is an upstream of others, by folder or URL.
type Opener func(ctx context.Context, client *web.Client, config ecosystem.UpstreamConfig) (Ledger, error)

// Find returns the upstreams of one ecosystem in search order: the configured
// ones, else those that the package manager itself would use in the given
// environments, each address once.
func Find(ctx context.Context, e ecosystem.Ecosystem, configured []ecosystem.UpstreamConfig, environments []ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
	own := slices.DeleteFunc(slices.Clone(configured), func(c ecosystem.UpstreamConfig) bool { return c.Ecosystem != e.Name })
	if len(own) > 0 {
		return own, nil
	}
	names := map[string]bool{}
	for _, env := range environments {
		found, err := e.Discover(ctx, env)
		if err != nil {
			return nil, err
		}
		for _, config := range found {
			if slices.ContainsFunc(own, func(c ecosystem.UpstreamConfig) bool {
				return c.URL == config.URL && slices.Equal(c.Include, config.Include)
			}) {
				continue
			}
			base := config.Name
			for n := 2; names[config.Name]; n++ {
				config.Name = fmt.Sprintf("%s-%d", base, n)
			}
			names[config.Name] = true
			config.Access.Upstream = config.Name
			own = append(own, config)
		}
	}
	return own, nil
}

// Load finds and opens the upstreams of one ecosystem. It makes no request
// but those that opening another feed takes.
func Load(ctx context.Context, e ecosystem.Ecosystem, configured []ecosystem.UpstreamConfig, environments []ecosystem.Environment,
	client *web.Client, open Opener, log *slog.Logger,
) ([]Named, error) {
	configs, err := Find(ctx, e, configured, environments)
	if err != nil {
		return nil, err
	}
	var all []Named
	for _, config := range configs {
		log.Info("upstream", "name", config.Name, "ecosystem", e.Name, "url", web.Redact(config.URL), "found", config.FoundIn)
		if config.Disabled {
			all = append(all, Named{Config: config})
			continue
		}
		source, err := openSource(ctx, e, config, client, open)
		if err != nil {
			return nil, fmt.Errorf("upstream %q (%s): %w", config.Name, config.FoundIn, err)
		}
		all = append(all, Named{Config: config, Source: source})
	}
	return all, nil
}

func openSource(ctx context.Context, e ecosystem.Ecosystem, config ecosystem.UpstreamConfig, client *web.Client, open Opener) (ecosystem.Source, error) {
	if config.Problem != nil {
		return nil, config.Problem
	}
	if !config.Feed {
		return e.NewSource(config, client)
	}
	ledger, err := open(ctx, client, config)
	if err != nil {
		return nil, err
	}
	return NewFeedSource(e.Name, ledger), nil
}
