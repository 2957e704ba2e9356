package config

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/feedctl/feedctl/internal/ecosystem"
	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/web"
)

func TestTemplate(t *testing.T) {
	found := []ecosystem.UpstreamConfig{
		{
			Name: "npm-acme", Ecosystem: "npm", URL: "https://acme.test/npm/", Include: []string{"@acme/*", `we\*ird`}, FoundIn: "~/.npmrc:3\nurl: x",
			Access: web.Access{Authorization: "Bearer tok-1"},
		},
		{Name: "no", Ecosystem: "npm", URL: "https://old.test:81/", Disabled: true, Exclude: []string{"x"}, FoundIn: "the lockfile", Access: web.Access{CAFiles: []string{"ca.pem"}}},
		{Name: "team", Ecosystem: "npm", URL: "C:\\feeds: #1", Feed: true},
	}
	text, err := Template(found)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# found in ~/.npmrc:3 url: x\n", "credentials: {client: true}", `ca: "ca.pem"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "tok-") {
		t.Error("the template shows a secret")
	}
	c, err := setup{file: string(text), files: []string{"ca.pem"}, access: func(ecosystem.UpstreamConfig) (web.Access, error) {
		return web.Access{Authorization: "Bearer tok-1"}, nil
	}}.load(t)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for i := range found {
		got := c.Upstreams[i]
		got.FoundIn, found[i].FoundIn = "", ""
		if got.Access.Authorization != found[i].Access.Authorization {
			t.Errorf("%s: credentials were lost", got.Name)
		}
		if diff := cmp.Diff(found[i].Access.CAFiles, got.Access.CAFiles); diff != "" {
			t.Errorf("authorities: %s", diff)
		}
		got.Access, found[i].Access = web.Access{}, web.Access{}
		if diff := cmp.Diff(found[i], got); diff != "" {
			t.Errorf("-found +read:\n%s", diff)
		}
	}
}

func TestTemplateWithoutUpstreams(t *testing.T) {
	text, err := Template(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := (setup{file: string(text)}).load(t); err != nil || c.To != "feed" || len(c.Upstreams) != 0 {
		t.Errorf("%+v, %v in\n%s", c, err, text)
	}
	uncommented := strings.NewReplacer("# upstreams:", "upstreams:", "# - name", "- name", "#   ", "  ", "# base_url", "base_url", "# inputs", "inputs", "# platforms", "platforms").Replace(string(text))
	if c, err := (setup{file: uncommented, environ: []string{"REGISTRY_TOKEN=x"}}).load(t); err != nil || len(c.Upstreams) != 1 {
		t.Errorf("without comment signs: %v in\n%s", err, uncommented)
	}
}

func TestTemplateRefusesSecretsInAddresses(t *testing.T) {
	_, err := Template([]ecosystem.UpstreamConfig{{Name: "a", Ecosystem: "npm", URL: "https://ann:tok-1@a.test/?x=tok-2"}})
	if err == nil || strings.Contains(err.Error(), "tok-") {
		t.Errorf("got %v", err)
	}
}

// TestExample: the documented example is valid, and it has every key.
func TestExample(t *testing.T) {
	data, err := os.ReadFile("../../examples/feedctl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := setup{
		file: string(data), environ: []string{"ACME_TOKEN=x", "PARTNER_PASSWORD=y"},
	}.load(t)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Upstreams) != 3+len(all.Ecosystems()) || c.Options["npm"]["node"] != "20.20.2" {
		t.Errorf("got %+v", c)
	}
	for _, key := range append(keysOf(&document{}), keysOf(&upstreamEntry{})...) {
		if !strings.Contains(string(data), key+":") {
			t.Errorf("the example lacks %s", key)
		}
	}
}

type schema struct {
	Ref                  string            `json:"$ref"`
	Defs                 map[string]schema `json:"$defs"`
	Properties           map[string]schema `json:"properties"`
	AdditionalProperties *bool             `json:"additionalProperties"`
	OneOf                []schema          `json:"oneOf"`
	Enum                 []string          `json:"enum"`
	Description          string            `json:"description"`
}

// TestSchema: the schema and the structs have the same keys.
func TestSchema(t *testing.T) {
	data, err := os.ReadFile("../../docs/feedctl.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var top schema
	if err := json.Unmarshal(data, &top); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all.Ecosystems() {
		names = append(names, e.Name)
		compareKeys(t, e.Name, top.Properties[e.Name], slices.Collect(maps.Keys(e.Options)))
	}
	compareKeys(t, "the file", top, append(keysOf(&document{}), names...))
	compareKeys(t, "upstream", top.Defs["upstream"], keysOf(&upstreamEntry{}))
	compareKeys(t, "credentials", top.Defs["credentials"].OneOf[1], keysOf(&credentialsEntry{}))
	if got := top.Defs["upstream"].Properties["ecosystem"].Enum; !slices.Equal(got, names) {
		t.Errorf("ecosystems %v, want %v", got, names)
	}
}

func compareKeys(t *testing.T, what string, s schema, want []string) {
	t.Helper()
	got := slices.Sorted(maps.Keys(s.Properties))
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -code +schema:\n%s", what, diff)
	}
	if s.AdditionalProperties == nil || *s.AdditionalProperties {
		t.Errorf("%s: other keys must be refused", what)
	}
	for key, property := range s.Properties {
		if property.Description == "" && property.Ref == "" && key != "name" {
			t.Errorf("%s: %s has no description", what, key)
		}
	}
}

// TestKeysHaveDecoders: every field of the structs can be decoded, and every
// setting but the structured ones can be given by variable.
func TestKeysHaveDecoders(t *testing.T) {
	var variables []string
	for _, k := range keys() {
		variables = append(variables, k.name)
	}
	for _, key := range keysOf(&document{}) {
		if key != "upstreams" && !slices.Contains(variables, key) {
			t.Errorf("no FEEDCTL_%s", strings.ToUpper(key))
		}
	}
	for _, target := range []any{&document{}, &upstreamEntry{}, &credentialsEntry{}} {
		for i := range reflect.TypeOf(target).Elem().NumField() {
			field := reflect.TypeOf(target).Elem().Field(i)
			if (field.Tag.Get("yaml") == "") != (field.Name[0] >= 'a') {
				t.Errorf("%s: fields with a key are exported, others not", field.Name)
			}
		}
	}
}
