package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

// docProblem describes the mistake in the doc comment of a method, or is empty.
func docProblem(comment string, operations map[string]*rest.Operation) string {
	lines := strings.Split(strings.TrimSpace(comment), "\n")
	var id, check string
	for _, line := range lines {
		if text, found := strings.CutPrefix(line, "Operation: "); found {
			id = text
		}
		if text, found := strings.CutPrefix(line, afterMaybe); found {
			check = text
		}
	}
	op := operations[id]
	if op == nil {
		return "the comment names no known operation"
	}
	want := docBlock(op, check)
	switch begin := len(lines) - len(want); {
	case op.Idempotent && check != "":
		return "the operation is retried and needs no line " + afterMaybe
	case !op.Idempotent && check == "":
		return "the operation is not retried and needs the line " + afterMaybe
	case !op.Idempotent && !strings.HasSuffix(check, readOn):
		return "the line " + afterMaybe + "must end with" + readOn
	case begin < 2 || lines[begin-1] != "" || !slices.Equal(lines[begin:], want):
		return "the comment must end with:\n\n" + strings.Join(want, "\n")
	}
	return ""
}

// TestDocBlocks walks the source: the doc comment of every method of a service
// ends with what its operation's value says.
func TestDocBlocks(t *testing.T) {
	t.Parallel()
	operations := map[string]*rest.Operation{}
	missing := map[string]bool{}
	for _, op := range rest.Operations() {
		operations[op.ID] = op
		missing[op.GoMethod] = true
	}
	for family, directory := range map[string]string{"System": "system", "Integration": "integration", "Application": "application"} {
		paths, err := filepath.Glob(filepath.Join(root, directory, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			for name, comment := range serviceMethods(t, path) {
				require.Empty(t, docProblem(comment, operations), "%s.%s", family, name)
				delete(missing, family+"."+name)
			}
		}
	}
	require.Empty(t, missing, "operations without a method")
}

// serviceMethods returns the doc comments of the exported methods of services,
// by service and method: "Channels.List".
func serviceMethods(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	comments := map[string]string{}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv == nil || !function.Name.IsExported() {
			continue
		}
		pointer, ok := function.Recv.List[0].Type.(*ast.StarExpr)
		if !ok {
			continue
		}
		receiver, ok := pointer.X.(*ast.Ident)
		if !ok {
			continue
		}
		if service, found := strings.CutSuffix(receiver.Name, "Service"); found {
			comments[service+"."+function.Name.Name] = function.Doc.Text()
		}
	}
	return comments
}

func TestDocProblems(t *testing.T) {
	t.Parallel()
	read := &rest.Operation{ID: "a.read", Family: rest.Integration, Idempotent: true, Permission: "p", Docs: "https://dev.returning.ai/x",
		RouteCertainty: rest.Observed, BodyCertainty: rest.Assumed, PermissionCertainty: rest.Documented}
	write := &rest.Operation{ID: "a.write", Family: rest.System, RouteCertainty: rest.Documented, BodyCertainty: rest.Documented}
	operations := map[string]*rest.Operation{read.ID: read, write.ID: write}
	const readBlock = "\n\nKey: bearer token with permission p.\nRetried: yes.\nOperation: a.read\nAPI docs: https://dev.returning.ai/x\n" +
		"Certainty: path is observed in a public client; parameters and response are assumed.\n"
	const writeBlock = "\n\nKey: API key (System).\nRetried: only if nothing was sent, or on 429.\nAfter MaybeApplied: ask. See docs/after-maybe-applied.md.\nOperation: a.write\nCertainty: documented.\n"
	for name, test := range map[string]struct{ comment, problem string }{
		"complete":            {"Read reads." + readBlock, ""},
		"complete write":      {"Write writes." + writeBlock, ""},
		"no block":            {"Read reads.", "names no known operation"},
		"another operation":   {"Read reads." + strings.Replace(readBlock, "a.read", "a.other", 1), "names no known operation"},
		"no text":             {readBlock, "must end with"},
		"no empty line":       {"Read reads." + readBlock[1:], "must end with"},
		"text after it":       {"Read reads." + readBlock + "\nMore.", "must end with"},
		"wrong key":           {"Read reads." + strings.Replace(readBlock, "permission p", "permission q", 1), "must end with"},
		"wrong retries":       {"Read reads." + strings.Replace(readBlock, "yes", "no", 1), "must end with"},
		"no page":             {"Read reads." + strings.Replace(readBlock, "API docs: https://dev.returning.ai/x\n", "", 1), "must end with"},
		"wrong certainty":     {"Write writes." + strings.Replace(writeBlock, "documented.", "assumed.", 1), "must end with"},
		"no way to check":     {"Write writes." + strings.Replace(writeBlock, "After MaybeApplied: ask. See docs/after-maybe-applied.md.\n", "", 1), "not retried and needs"},
		"no place to read on": {"Write writes." + strings.Replace(writeBlock, " See docs/after-maybe-applied.md.", "", 1), "must end with See docs"},
		"a check for a retry": {"Read reads." + strings.Replace(readBlock, "Operation", "After MaybeApplied: ask.\nOperation", 1), "needs no line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problem := docProblem(test.comment, operations)
			if test.problem == "" {
				require.Empty(t, problem)
			} else {
				require.Contains(t, problem, test.problem)
			}
		})
	}
}
