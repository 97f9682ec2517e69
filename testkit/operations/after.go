package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"

	returningai "github.com/returningai/returningai-go"
)

// checks reads from the doc comments of the methods how to check whether an
// operation was applied, by the id of the operation.
func checks(root string) (map[string]string, error) {
	found := map[string]string{}
	for _, family := range []string{"system", "integration", "application"} {
		paths, err := filepath.Glob(filepath.Join(root, family, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			addChecks(found, file)
		}
	}
	return found, nil
}

func addChecks(found map[string]string, file *ast.File) {
	for _, declaration := range file.Decls {
		method, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		var id, check string
		for line := range strings.Lines(method.Doc.Text()) {
			if text, is := strings.CutPrefix(line, "Operation: "); is {
				id = strings.TrimSpace(text)
			}
			if text, is := strings.CutPrefix(line, "After MaybeApplied: "); is {
				check = strings.TrimSuffix(strings.TrimSpace(text), " See docs/after-maybe-applied.md.")
			}
		}
		if id != "" && check != "" {
			found[id] = strings.ToUpper(check[:1]) + check[1:]
		}
	}
}

// afterTable is the table of docs/after-maybe-applied.md: first the operations
// that are not retried.
func afterTable(operations []returningai.Operation, checks map[string]string) string {
	var table strings.Builder
	table.WriteString("| method | retried | after MaybeApplied |\n| --- | --- | --- |\n")
	for _, op := range operations {
		if !op.Idempotent {
			fmt.Fprintf(&table, "| `%s` | no | %s |\n", op.GoMethod, checks[op.ID])
		}
	}
	for _, op := range operations {
		if op.Idempotent && !op.ReadsOnly {
			fmt.Fprintf(&table, "| `%s` | yes | Call it again. |\n", op.GoMethod)
		}
	}
	return table.String()
}
