package returningaitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// analysisStore holds chart analyses as they were published, by their ids.
type analysisStore struct {
	byID map[string]map[string]any
}

// PublishAnalysis publishes a chart analysis, which webhooks report in full,
// and returns its id: the member "_id", which is made up when there is none.
// What an analysis holds is not described here. It panics when a member cannot
// be JSON, or the id is no text, empty or taken.
func (s *Server) PublishAnalysis(analysis map[string]any) string {
	now, kept := s.now(), mustJSONMembers("PublishAnalysis", analysis)
	s.mu.Lock()
	defer s.mu.Unlock()
	if kept["_id"] == nil {
		kept["_id"] = s.newID()
	}
	analyses := &s.state.analyses
	id, _ := kept["_id"].(string)
	if id == "" || analyses.byID[id] != nil {
		panic("returningaitest: PublishAnalysis: the member _id is no text, empty or taken")
	}
	if analyses.byID == nil {
		analyses.byID = map[string]map[string]any{}
	}
	analyses.byID[id] = kept
	s.emitAnalysis(EventAnalysisCreated, kept, now)
	return id
}

// UpdateAnalysis changes members of an analysis that was published, which
// webhooks report, again in full (assumed). It panics when there is none of the
// id, when a member cannot be JSON, or when the id is to be changed.
func (s *Server) UpdateAnalysis(id string, changes map[string]any) {
	now, changed := s.now(), mustJSONMembers("UpdateAnalysis", changes)
	s.mu.Lock()
	defer s.mu.Unlock()
	analysis := s.state.analyses.byID[id]
	switch _, renames := changed["_id"]; {
	case analysis == nil:
		panic(fmt.Sprintf("returningaitest: UpdateAnalysis: there is no analysis %q", id))
	case renames:
		panic("returningaitest: UpdateAnalysis: the member _id cannot be changed")
	}
	maps.Copy(analysis, changed)
	s.emitAnalysis(EventAnalysisUpdated, analysis, now)
}

// mustJSONMembers copies members by way of JSON, digit by digit.
func mustJSONMembers(caller string, members map[string]any) map[string]any {
	copied := map[string]any{}
	for name, value := range members {
		text, err := json.Marshal(value)
		if err != nil {
			panic(fmt.Sprintf("returningaitest: %s: the member %q cannot be JSON", caller, name))
		}
		copied[name] = json.RawMessage(text)
		if text, ok := value.(string); ok {
			copied[name] = text
		}
	}
	return copied
}

// emitAnalysis reports an analysis. The caller holds the lock.
func (s *Server) emitAnalysis(event WebhookEvent, analysis map[string]any, at time.Time) {
	s.emit(occurrence{
		event: event, at: at,
		parts: []bodyPart{{name: "analysis", idName: "_id", members: analysis}},
	})
}
