package mask

import "testing"

func TestCharactersAreKeptNotBytes(t *testing.T) {
	for _, test := range []struct {
		config Config
		given  string
		want   string
	}{
		{Config{Keep: 1, With: "*"}, "Alexandra", "A********"},
		{Config{Keep: 1, With: "*"}, "李小龙", "李**"},
		{Config{Keep: 5, With: "*"}, "Li", "Li"},
		{Config{Keep: 0, With: "█"}, "Li", "██"},
		{Config{Keep: 1, With: "*"}, "", ""},
	} {
		if got := string(test.config.appendMasked(nil, []byte(test.given))); got != test.want {
			t.Errorf("%+v makes %q of %q, not %q", test.config, got, test.given, test.want)
		}
	}
}

func TestConfigurationsThatAreWrongAreRefused(t *testing.T) {
	for _, text := range []string{`{"Keep": 1}`, `{"keep": null}`, `{"keep": 1.5}`, `{"with": "ab"}`, `{"columns": "name"}`} {
		if _, err := ParseConfig(text); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
