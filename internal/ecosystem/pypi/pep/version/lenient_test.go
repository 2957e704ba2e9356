package version

import "testing"

func TestParseLenient(t *testing.T) {
	for text, want := range map[string]string{
		">=1.0,<2": ">=1.0,<2", ">=3.6.*": ">=3.6", ">= 3.6.*, <4": ">=3.6,<4", "<4.*": "<4", ">=2.7,!=3.0*,!=3.1*": ">=2.7,!=3.0.*,!=3.1.*", ">=2.7 !=3.0.*": ">=2.7,!=3.0.*",
		">=1.0<2.0": ">=1.0,<2.0", "'>=3.6'": ">=3.6", `>="3.6"`: ">=3.6", "!=~3.0,>=2.7": "!=3.0.*,>=2.7", ">=1.9.*.": ">=1.9", "==1.0.*": "==1.0.*", ">dev": ">0.dev0", ">= dev,<2": ">=0.dev0,<2", ">=1.0>dev": ">=1.0,>0.dev0", "===x.*": "===x.*",
	} {
		if set, err := ParseLenient(text); err != nil || set.String() != want {
			t.Errorf("ParseLenient(%q) = %q, %v; want %q", text, set, err, want)
		}
	}
	for _, text := range []string{"latest", ">=x", "~>3.6", ">=1.0.0-custom", "1.0", "~=1", ">devil", "<dev"} {
		if set, err := ParseLenient(text); err == nil {
			t.Errorf("ParseLenient(%q) = %q", text, set)
		}
	}
}
