package upstream

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/web"
)

// fakeEcosystem discovers what the environment's folder says.
func fakeEcosystem(found map[string][]ecosystem.UpstreamConfig) ecosystem.Ecosystem {
	return ecosystem.Ecosystem{
		Name: "npm",
		Discover: func(_ context.Context, env ecosystem.Environment) ([]ecosystem.UpstreamConfig, error) {
			configs, ok := found[env.Dir]
			if !ok {
				return nil, errors.New("no registry in " + env.Dir)
			}
			return configs, nil
		},
		NewSource: func(config ecosystem.UpstreamConfig, _ *web.Client) (ecosystem.Source, error) {
			if config.URL == "bad" {
				return nil, errors.New("not an address")
			}
			return &fake{}, nil
		},
	}
}

func in(dirs ...string) []ecosystem.Environment {
	envs := make([]ecosystem.Environment, len(dirs))
	for i, dir := range dirs {
		envs[i].Dir = dir
	}
	return envs
}

func TestFind(t *testing.T) {
	e := fakeEcosystem(map[string][]ecosystem.UpstreamConfig{
		"a": {{Name: "npm", URL: "https://a.test/"}},
		"b": {{Name: "npm-s", URL: "https://b.test/", Include: []string{"@s/*"}}, {Name: "npm", URL: "https://b.test/"}},
	})
	own := []ecosystem.UpstreamConfig{{Name: "x", Ecosystem: "npm", Disabled: true}, {Name: "y", Ecosystem: "go"}}
	for name, test := range map[string]struct {
		configured []ecosystem.UpstreamConfig
		dirs       []string
		want       string
		err        string
	}{
		"configured":        {own, []string{"a"}, "x", ""},
		"of another":        {own[1:], []string{"a"}, "npm", ""},
		"several folders":   {nil, []string{"a", "b", "a"}, "npm npm-s npm-2", ""},
		"nothing somewhere": {nil, []string{"a", "c"}, "", "no registry in c"},
	} {
		t.Run(name, func(t *testing.T) {
			configs, err := Find(t.Context(), e, test.configured, in(test.dirs...))
			checkError(t, err, test.err)
			var names []string
			for _, c := range configs {
				names = append(names, c.Name)
			}
			if diff := cmp.Diff(test.want, strings.Join(names, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoadSources(t *testing.T) {
	e := fakeEcosystem(nil)
	open := func(context.Context, *web.Client, ecosystem.UpstreamConfig) (Ledger, error) { return other(), nil }
	configured := []ecosystem.UpstreamConfig{
		{Name: "reg", Ecosystem: "npm", URL: "https://ann:tok-1@reg.test/", FoundIn: "feedctl.yaml:3"},
		{Name: "mirror", Ecosystem: "npm", URL: "/feed", Feed: true},
		{Name: "off", Ecosystem: "npm", URL: "bad", Disabled: true},
	}
	var log bytes.Buffer
	all, err := Load(t.Context(), e, configured, nil, nil, open, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil || len(all) != 3 || all[0].Source == nil || all[2].Source != nil {
		t.Fatalf("%+v, %v", all, err)
	}
	if _, ok := all[1].Source.(*feedSource); !ok {
		t.Errorf("a feed is read by %T", all[1].Source)
	}
	if strings.Contains(log.String(), "tok-") || !strings.Contains(log.String(), "feedctl.yaml:3") {
		t.Errorf("log: %s", log.String())
	}
	configured[2].Disabled = false
	_, err = Load(t.Context(), e, configured, nil, nil, open, slog.New(slog.DiscardHandler))
	checkError(t, err, `upstream "off" (): not an address`)
}

// TestProblemMattersWhenAsked opens an upstream whose credentials are not there.
func TestProblemMattersWhenAsked(t *testing.T) {
	problem := errors.New("feedctl.yaml:6: credentials: the environment variable TOKEN is not set")
	e := ecosystem.Ecosystem{Name: "toy", NewSource: func(ecosystem.UpstreamConfig, *web.Client) (ecosystem.Source, error) {
		return nil, nil
	}}
	configs := []ecosystem.UpstreamConfig{{Name: "a", Ecosystem: "toy", Problem: problem}}
	log := slog.New(slog.DiscardHandler)
	if _, err := Load(t.Context(), e, configs, nil, nil, nil, log); !errors.Is(err, problem) {
		t.Errorf("got %v, want the problem", err)
	}
	configs[0].Disabled = true
	if _, err := Load(t.Context(), e, configs, nil, nil, nil, log); err != nil {
		t.Errorf("disabled: %v", err)
	}
}
