package doccode

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// names are declared around blocks that are no programs.
const names = `
var (
	ctx          context.Context
	err          error
	client       *returningai.Client
	receiver     *webhooks.Receiver
	hook         *webhooks.Sender
	logger       *slog.Logger
	token, key   string
	aesKey       string
	hookURL      string
	badgeID      string
	roleID       string
	fieldID      string
	username     string
	rows         *sql.Rows
	w            http.ResponseWriter
	r            *http.Request
	t            *testing.T
	srv          *returningaitest.Server
	userID       string
)
`

// packages are the packages that blocks name without importing them.
var packages = []string{
	"context", "database/sql", "encoding/json", "errors", "fmt", "iter", "log", "log/slog", "net/http", "net/http/httptest", "net/url", "os", "slices", "strings", "testing", "testing/synctest", "time",
	"github.com/stretchr/testify/require",
	root, root + "/application", root + "/contrib/otel", root + "/integration", root + "/page", root + "/returningaitest",
	root + "/secret", root + "/system", root + "/value", root + "/webhooks", root + "/webhooks/dedupetest", root + "/webhooks/webhookstest",
}

const root = "github.com/returningai/returningai-go"

// block is a block of Go code.
type block struct {
	Line int // of its first line of code
	Code string
}

// blocks returns the Go code of a Markdown document.
func blocks(markdown string) []block {
	var blocks []block
	inside := false
	number := 0
	for line := range strings.Lines(markdown) {
		number++
		switch mark := strings.TrimSpace(line); {
		case !inside && mark == "```go":
			inside = true
			blocks = append(blocks, block{Line: number + 1})
		case inside && mark == "```":
			inside = false
		case inside:
			blocks[len(blocks)-1].Code += line
		}
	}
	return blocks
}

// isProgram reports whether the block is a complete program.
func (b block) isProgram() bool {
	return strings.HasPrefix(strings.TrimSpace(b.Code), "package main\n")
}

// file makes a file of the block, and tells imports and names from the block by
// line directives.
func (b block) file() (*token.FileSet, *ast.File, error) {
	position := fmt.Sprintf("//line block:%d\n", b.Line)
	if b.isProgram() {
		return parse(position + b.Code)
	}
	if files, file, err := parse("package p\n" + position + b.Code); err == nil {
		return files, file, nil
	}
	return parse("package p\nfunc _() error {\n" + position + b.Code + "\nreturn nil\n}\n")
}

func parse(source string) (*token.FileSet, *ast.File, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "block", source, 0)
	return files, file, err
}

// compiler type-checks blocks against the packages of this module.
type compiler struct{ exports map[string]string }

// newCompiler builds the packages that blocks can import.
func newCompiler(t *testing.T) *compiler {
	t.Helper()
	arguments := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, packages...)
	output, err := exec.CommandContext(t.Context(), "go", arguments...).Output()
	require.NoError(t, err)
	made := &compiler{exports: map[string]string{}}
	for line := range strings.Lines(string(output)) {
		name, export, _ := strings.Cut(strings.TrimSpace(line), "\t")
		made.exports[name] = export
	}
	return made
}

// check compiles a block. Variables that it declares for its reader may be
// unused; nothing else may be wrong.
func (c *compiler) check(block block) error {
	files, file, err := block.file()
	if err != nil {
		return err
	}
	checked := []*ast.File{file}
	if !block.isProgram() {
		if err := addImports(files, file); err != nil {
			return err
		}
		names, err := parser.ParseFile(files, "names", "package p\n"+imports(packages)+names, 0)
		if err != nil {
			return err
		}
		names.Name = ast.NewIdent(file.Name.Name)
		checked = append(checked, names)
	}
	var problems []error
	config := types.Config{
		Importer: importer.ForCompiler(files, "gc", c.open),
		Error: func(err error) {
			if problem, ok := errors.AsType[types.Error](err); !ok || !problem.Soft {
				problems = append(problems, err)
			}
		},
	}
	_, _ = config.Check("p", files, checked, nil) // it reports to Error
	return errors.Join(problems...)
}

func (c *compiler) open(name string) (io.ReadCloser, error) {
	export := c.exports[name]
	if export == "" {
		return nil, fmt.Errorf("the package %s is not among those of testkit/doccode", name)
	}
	return os.Open(export)
}

// addImports adds an import of each known package whose name the block uses.
func addImports(files *token.FileSet, file *ast.File) error {
	var used []string
	for _, name := range packages {
		base := baseName(name)
		if slices.ContainsFunc(file.Imports, func(imported *ast.ImportSpec) bool { return imported.Path.Value == strconv.Quote(name) }) {
			continue
		}
		if slices.ContainsFunc(file.Unresolved, func(ident *ast.Ident) bool { return ident.Name == base }) {
			used = append(used, name)
		}
	}
	added, err := parser.ParseFile(files, "imports", "package p\n"+imports(used), parser.ImportsOnly)
	if err != nil {
		return err
	}
	file.Decls = append(added.Decls, file.Decls...)
	file.Imports = append(file.Imports, added.Imports...)
	return nil
}

func baseName(name string) string {
	switch name {
	case root:
		return "returningai"
	case root + "/contrib/otel":
		return "returningaiotel"
	}
	return path.Base(name)
}

func imports(names []string) string {
	var text bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&text, "import %s %q\n", baseName(name), name)
	}
	return text.String()
}
