package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/internal/rest"
)

// generated is a file that is written by this program, in whole or in part.
type generated struct{ path, is, want string }

// generate returns every file as it is and as it should be. What it cannot
// correct, such as a path that differs, is in the error.
func generate(root string) ([]generated, error) {
	operations := map[string]*rest.Operation{}
	for _, op := range rest.Operations() {
		operations[op.ID] = op
	}
	checks, err := checks(root)
	if err != nil {
		return nil, err
	}
	var problems []string
	makers := map[string]func(string) (string, error){
		filepath.Join("docs", "operations.md"):          inMarks(markdownTable(returningai.Operations())),
		filepath.Join("docs", "upgrading-from-http.md"): inMarks(requestTable(returningai.Operations())),
		filepath.Join("docs", "after-maybe-applied.md"): inMarks(afterTable(returningai.Operations(), checks)),
		filepath.Join("api", "openapi.yaml"): func(text string) (string, error) {
			text, problems = withOperations(text, operations)
			return text, nil
		},
	}
	for _, family := range []string{"system", "integration", "application"} {
		sources, err := filepath.Glob(filepath.Join(root, family, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, source := range sources {
			if !strings.HasSuffix(source, "_test.go") {
				makers[filepath.Join(family, filepath.Base(source))] = func(text string) (string, error) { return withDocBlocks(text, operations), nil }
			}
		}
	}
	var files []generated
	for path, make := range makers {
		is, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		want, err := make(string(is))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, generated{path, string(is), want})
	}
	ids, err := idConstants(returningai.Operations())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", idsFile, err)
	}
	is, _ := os.ReadFile(filepath.Join(root, idsFile)) // a missing file is not current
	files = append(files, generated{idsFile, string(is), ids})
	slices.SortFunc(files, func(a, b generated) int { return strings.Compare(a.path, b.path) })
	if len(problems) > 0 {
		return files, errors.New(strings.Join(problems, "\n"))
	}
	return files, nil
}

// inMarks replaces the table between the marks of a document.
func inMarks(table string) func(string) (string, error) {
	return func(text string) (string, error) {
		const begin, end = "<!-- operations:begin -->\n", "<!-- operations:end -->"
		before, rest, begins := strings.Cut(text, begin)
		_, after, ends := strings.Cut(rest, end)
		if !begins || !ends {
			return "", fmt.Errorf("the lines %s and %s must stand around the table", strings.TrimSpace(begin), end)
		}
		return before + begin + table + end + after, nil
	}
}

// write writes the files that are not current.
func write(root string) error {
	files, problem := generate(root)
	for _, file := range files {
		if file.is != file.want {
			if err := os.WriteFile(filepath.Join(root, file.path), []byte(file.want), 0o600); err != nil {
				return err
			}
		}
	}
	return problem
}

// check reports the files that are not current, with the first line that
// differs.
func check(root string) error {
	files, problem := generate(root)
	problems := []error{problem}
	for _, file := range files {
		if file.is == file.want {
			continue
		}
		is, want := strings.Split(file.is, "\n"), strings.Split(file.want, "\n")
		line := 0
		for line < len(is)-1 && line < len(want)-1 && is[line] == want[line] {
			line++
		}
		problems = append(problems, fmt.Errorf("%s:%d is not current (want %q): run go run ./testkit/operations -write", file.path, line+1, want[line]))
	}
	return errors.Join(problems...)
}
