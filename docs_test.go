package returningai_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
)

// TestEveryOperationIsDocumented walks the source: the doc comment of each
// operation's method must name the operation and the vendor's page, and say
// what is assumed.
func TestEveryOperationIsDocumented(t *testing.T) {
	t.Parallel()
	operations := returningai.Operations()
	require.NotEmpty(t, operations)
	documented := make(map[string]string) // doc comments, by method
	parsed := make(map[string]bool)       // families
	for _, operation := range operations {
		family, _, _ := strings.Cut(operation.GoMethod, ".")
		if !parsed[family] {
			parsed[family] = true
			for method, comment := range methodComments(t, strings.ToLower(family)) {
				documented[family+"."+method] = comment
			}
		}
	}
	byID := make(map[string]bool)
	for _, operation := range operations {
		byID[operation.ID] = true
		comment, found := documented[operation.GoMethod]
		require.True(t, found, "operation %s: there is no method %s", operation.ID, operation.GoMethod)
		require.Empty(t, documentationGaps(operation, comment), "%s, %s", operation.ID, operation.GoMethod)
	}
	for method, comment := range documented {
		for _, id := range docLines(comment, "Operation: ") {
			require.True(t, byID[id], "%s: there is no operation %q", method, id)
		}
	}
}

// documentationGaps says what the doc comment of an operation lacks.
func documentationGaps(operation returningai.Operation, comment string) []string {
	var gaps []string
	gap := func(missing bool, text string) {
		if missing {
			gaps = append(gaps, text)
		}
	}
	ids, pages := docLines(comment, "Operation: "), docLines(comment, "API docs: ")
	gap(len(ids) != 1 || ids[0] != operation.ID, "its Operation line")
	saysAssumed := assumedWord.MatchString(comment)
	if operation.Docs == "" {
		gap(len(pages) > 0, "a Docs address in its declaration")
		gap(!saysAssumed, `an "API docs" line, or the word "assumed"`)
	} else {
		gap(len(pages) == 0 || pages[0] != operation.Docs, "its API docs line")
	}
	for _, certainty := range []returningai.Certainty{operation.RouteCertainty, operation.BodyCertainty, operation.PermissionCertainty} {
		gap(certainty == returningai.Assumed && !saysAssumed, `the word "assumed"`)
	}
	gap(operation.RouteCertainty == "" || operation.BodyCertainty == "", "the certainty of its route and body")
	gap((operation.Permission == "") != (operation.PermissionCertainty == ""), "a permission and its certainty together")
	return gaps
}

var assumedWord = regexp.MustCompile(`(?i)\bassumed\b`)

// docLines returns what stands behind prefix in the lines of a comment.
func docLines(comment, prefix string) []string {
	var rest []string
	for line := range strings.Lines(comment) {
		if text, found := strings.CutPrefix(strings.TrimSpace(line), prefix); found {
			rest = append(rest, text)
		}
	}
	return rest
}

// methodComments returns the doc comments of the methods of a family's
// services, by the field that leads to the service and the method:
// "Channels.List".
func methodComments(t *testing.T, directory string) map[string]string {
	t.Helper()
	fields := make(map[string]string)             // of Services, by the name of their type
	methods := make(map[string]map[string]string) // comments, by type and method
	for _, file := range parseDirectory(t, directory) {
		for _, declaration := range file.Decls {
			switch declaration := declaration.(type) {
			case *ast.GenDecl:
				serviceFields(declaration, fields)
			case *ast.FuncDecl:
				receiver := receiverName(declaration)
				if methods[receiver] == nil {
					methods[receiver] = make(map[string]string)
				}
				methods[receiver][declaration.Name.Name] = declaration.Doc.Text()
			}
		}
	}
	comments := make(map[string]string)
	for service, field := range fields {
		for method, comment := range methods[service] {
			comments[field+"."+method] = comment
		}
	}
	require.NotEmpty(t, comments, directory)
	return comments
}

func parseDirectory(t *testing.T, directory string) []*ast.File {
	t.Helper()
	paths, err := fs.Glob(os.DirFS("."), directory+"/*.go")
	require.NoError(t, err)
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(path), nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// serviceFields adds the fields of the type Services, such as
// "Channels *ChannelsService".
func serviceFields(declaration *ast.GenDecl, fields map[string]string) {
	for _, spec := range declaration.Specs {
		named, ok := spec.(*ast.TypeSpec)
		if !ok || named.Name.Name != "Services" {
			continue
		}
		services, ok := named.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range services.Fields.List {
			for _, name := range field.Names {
				fields[typeName(field.Type)] = name.Name
			}
		}
	}
}

func receiverName(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	return typeName(function.Recv.List[0].Type)
}

func typeName(expression ast.Expr) string {
	if pointer, ok := expression.(*ast.StarExpr); ok {
		expression = pointer.X
	}
	if name, ok := expression.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

func TestDocumentationGapsAreFound(t *testing.T) {
	t.Parallel()
	documented := returningai.Operation{
		ID: "a.b.c", Docs: "https://dev.returning.ai/x", RouteCertainty: returningai.Documented, BodyCertainty: returningai.Documented,
	}
	without := documented
	without.Docs = ""
	assumed := documented
	assumed.RouteCertainty = returningai.Assumed
	permission := documented
	permission.Permission, permission.PermissionCertainty = "p", returningai.Assumed
	const lines = "\nOperation: a.b.c\nAPI docs: https://dev.returning.ai/x\n"
	for name, test := range map[string]struct {
		operation returningai.Operation
		comment   string
		gaps      int
	}{
		"complete":               {documented, "C does it." + lines, 0},
		"nothing":                {documented, "", 2},
		"other operation":        {documented, strings.Replace(lines, "a.b.c", "a.b.d", 1), 1},
		"operation twice":        {documented, lines + lines, 1},
		"other page":             {documented, strings.Replace(lines, "/x", "/y", 1), 1},
		"neither page nor word":  {without, "\nOperation: a.b.c\n", 1},
		"page not declared":      {without, "assumed" + lines, 1},
		"the word":               {without, "It is assumed.\nOperation: a.b.c\n", 0},
		"part of a word":         {without, "unassumedly\nOperation: a.b.c\n", 1},
		"assumed in silence":     {assumed, lines, 1},
		"assumed aloud":          {assumed, "The path is assumed." + lines, 0},
		"permission in silence":  {permission, lines, 1},
		"permission aloud":       {permission, "That it needs p is assumed." + lines, 0},
		"nothing known declared": {returningai.Operation{ID: "a.b.c", Docs: documented.Docs}, lines, 1},
	} {
		require.Len(t, documentationGaps(test.operation, test.comment), test.gaps, name)
	}
}
