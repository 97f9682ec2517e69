package community

import (
	"encoding/json"
	"maps"
)

// PublishAnalysis publishes a chart analysis and returns its id, the field
// "_id", which is made if it is missing.
func (c *Community) PublishAnalysis(analysis map[string]any) (string, error) {
	kept, err := copyFields(analysis)
	if err != nil {
		return "", err
	}
	if kept["_id"] == nil {
		kept["_id"] = c.NewID()
	}
	id, _ := kept["_id"].(string)
	if id == "" || c.analyses[id] != nil {
		return "", problem(Invalid, "the field _id is not a string, empty or taken")
	}
	c.analyses[id] = kept
	c.report(Event{Name: EventAnalysisCreated, At: c.Now(), Analysis: kept})
	return id, nil
}

// UpdateAnalysis changes fields of a published analysis.
func (c *Community) UpdateAnalysis(id string, changes map[string]any) error {
	changed, err := copyFields(changes)
	if err != nil {
		return err
	}
	analysis := c.analyses[id]
	if analysis == nil {
		return problem(NotFound, "there is no analysis %q", id)
	}
	if _, renames := changed["_id"]; renames {
		return problem(Invalid, "the field _id cannot be changed")
	}
	maps.Copy(analysis, changed)
	c.report(Event{Name: EventAnalysisUpdated, At: c.Now(), Analysis: analysis})
	return nil
}

// copyFields copies fields through JSON, digit by digit.
func copyFields(fields map[string]any) (map[string]any, error) {
	copied := map[string]any{}
	for name, value := range fields {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, problem(Invalid, "the field %q cannot be encoded as JSON", name)
		}
		copied[name] = json.RawMessage(text)
		if text, ok := value.(string); ok {
			copied[name] = text
		}
	}
	return copied, nil
}
