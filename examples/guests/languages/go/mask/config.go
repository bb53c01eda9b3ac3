package mask

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// Config is the `with:` block of the step.
type Config struct {
	// Columns to mask. Rows that lack one are left as they are.
	Columns []string
	// Keep is how many characters stay.
	Keep uint32
	// With is the character that takes the place of each other one.
	With string
}

// Schema is the JSON Schema of Config.
const Schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Config",
  "description": "Masks names.",
  "type": "object",
  "properties": {
    "columns": {
      "description": "Columns to mask. Rows that lack one are left as they are.",
      "type": "array", "items": {"type": "string"}, "default": ["name"]
    },
    "keep": {
      "description": "Characters that stay.",
      "type": "integer", "minimum": 0, "maximum": 4294967295, "default": 1
    },
    "with": {
      "description": "The character that takes the place of each other one.",
      "type": "string", "minLength": 1, "maxLength": 1, "default": "*"
    }
  },
  "additionalProperties": false
}`

// ParseConfig reads the block. It is stricter than json.Unmarshal into the struct, which takes keys in any case and reads
// null as nothing: a mistake in a configuration must not run.
func ParseConfig(text string) (Config, error) {
	config := Config{Columns: []string{"name"}, Keep: 1, With: "*"}
	if strings.TrimSpace(text) == "" {
		return config, nil
	}
	var block map[string]any
	if err := json.Unmarshal([]byte(text), &block); err != nil {
		return config, fmt.Errorf("not a block of keys: %w", err)
	}
	for key, value := range block {
		var valid bool
		var wanted string
		switch key {
		case "columns":
			config.Columns, valid = texts(value)
			wanted = "a list of texts"
		case "keep":
			var number float64
			number, valid = value.(float64)
			valid = valid && number >= 0 && number <= math.MaxUint32 && number == math.Trunc(number)
			config.Keep = uint32(number)
			wanted = "a whole number from 0"
		case "with":
			config.With, valid = value.(string)
			valid = valid && utf8.RuneCountInString(config.With) == 1
			wanted = "one character"
		default:
			return config, fmt.Errorf("unknown key `%s`, known are columns, keep and with", key)
		}
		if !valid {
			return config, fmt.Errorf("%s has to be %s", key, wanted)
		}
	}
	return config, nil
}

func texts(value any) ([]string, bool) {
	list, valid := value.([]any)
	if !valid {
		return nil, false
	}
	found := make([]string, 0, len(list))
	for _, item := range list {
		text, valid := item.(string)
		if !valid {
			return nil, false
		}
		found = append(found, text)
	}
	return found, true
}
