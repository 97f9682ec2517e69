package main

import (
	"strings"

	"github.com/returningai/returningai-go/internal/rest"
)

// afterMaybe begins the line that is written by hand: how to check whether an
// operation that is not retried was applied. The line ends with where to read on.
const (
	afterMaybe = "After MaybeApplied: "
	readOn     = " See docs/after-maybe-applied.md."
)

// docBlock returns the lines that end the doc comment of an operation's method.
func docBlock(op *rest.Operation, check string) []string {
	retried := "yes."
	if !op.Idempotent {
		retried = "only if nothing was sent, or on 429."
	}
	block := []string{"Key: " + docKey(op), "Retried: " + retried}
	if check != "" {
		block = append(block, afterMaybe+check)
	}
	block = append(block, "Operation: "+op.ID)
	if op.Docs != "" {
		block = append(block, "API docs: "+op.Docs)
	}
	return append(block, "Certainty: "+docCertainty(op))
}

func docKey(op *rest.Operation) string {
	key := map[rest.Family]string{rest.System: "API key (System)", rest.CommunityHost: "API key (community host)"}[op.Family]
	if key == "" {
		key = "bearer token"
	}
	switch {
	case op.Anonymous:
		return "none. A configured bearer token is sent."
	case op.Permission != "":
		return key + " with permission " + op.Permission + "."
	}
	return key + "."
}

func docCertainty(op *rest.Operation) string {
	parts := map[rest.Certainty][]string{}
	for _, part := range []struct {
		name      string
		certainty rest.Certainty
	}{{"path", op.RouteCertainty}, {"parameters", op.BodyCertainty}, {"response", op.BodyCertainty}, {"permission", op.PermissionCertainty}} {
		parts[part.certainty] = append(parts[part.certainty], part.name)
	}
	var sentences []string
	for _, kind := range []struct {
		certainty rest.Certainty
		what      string
	}{{rest.Observed, " observed in a public client"}, {rest.Assumed, " assumed"}} {
		names := parts[kind.certainty]
		switch last := len(names) - 1; {
		case last == 0:
			sentences = append(sentences, names[0]+" is"+kind.what)
		case last > 0:
			sentences = append(sentences, strings.Join(names[:last], ", ")+" and "+names[last]+" are"+kind.what)
		}
	}
	if len(sentences) == 0 {
		return "documented."
	}
	return strings.Join(sentences, "; ") + "."
}

// withDocBlocks returns a source file with the blocks that its operations'
// values make. A block begins as the line "Operation: " alone.
func withDocBlocks(text string, operations map[string]*rest.Operation) string {
	var lines strings.Builder
	check := ""
	for line := range strings.Lines(text) {
		comment, _ := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "// ")
		name, value, _ := strings.Cut(comment, ": ")
		switch op := operations[value]; {
		case name == "After MaybeApplied":
			check = value
		case name == "Key", name == "Retried", name == "API docs", name == "Certainty":
		case name == "Operation" && op != nil:
			for _, made := range docBlock(op, check) {
				lines.WriteString("// " + made + "\n")
			}
			check = ""
		default:
			lines.WriteString(line)
		}
	}
	return lines.String()
}
