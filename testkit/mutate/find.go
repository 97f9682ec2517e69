package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// mutant is one change: the text between two offsets of a file is replaced.
type mutant struct {
	path       string // of the package
	file       string // absolute
	function   string
	line       int
	start, end int
	before     string
	after      string
}

// key names the mutant without its line, so that it stays when others move.
func (m mutant) key() string {
	return fmt.Sprintf("%s %s: %s => %s", filepath.Base(m.file), m.function, oneLine(m.before), oneLine(m.after))
}

func (m mutant) String() string { return fmt.Sprintf("%s (%s line %d)", m.key(), m.path, m.line) }

func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > 100 {
		text = string(runes[:100]) + "…"
	}
	if text == "" {
		return "(nothing)"
	}
	return text
}

// readAccepted reads lines of "key # reason". Empty lines, and lines that start
// with #, are comments.
func readAccepted(name string) (map[string]string, error) {
	list := map[string]string{}
	if name == "" {
		return list, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, reason, found := strings.Cut(line, " # ")
		if !found || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s: without a reason: %s", name, line)
		}
		list[strings.TrimSpace(key)] = reason
	}
	return list, nil
}

// find lists the mutants of a package.
func (s settings) find(ctx context.Context, path string) ([]mutant, error) {
	command := exec.CommandContext(ctx, "go", "list", "-json=Dir,GoFiles", path)
	command.Dir = s.root
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", path, err)
	}
	var listed struct {
		Dir     string
		GoFiles []string
	}
	if err := json.Unmarshal(output, &listed); err != nil {
		return nil, err
	}
	var all []mutant
	for _, name := range listed.GoFiles {
		if !s.files.MatchString(name) {
			continue
		}
		found, err := s.findInFile(path, filepath.Join(listed.Dir, name))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (s settings) findInFile(path, name string) ([]mutant, error) {
	source, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	first, last := lineRange(s.lines)
	var all []mutant
	seen := map[string]int{}
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Body == nil || !s.funcs.MatchString(functionName(function)) {
			continue
		}
		found := &finder{source: source, files: files}
		ast.Inspect(function.Body, found.visit)
		for _, one := range found.mutants {
			one.path, one.file, one.function = path, name, functionName(function)
			if one.line < first || one.line > last {
				continue
			}
			// A second equal change in a function gets a number.
			if seen[one.key()]++; seen[one.key()] > 1 {
				one.function += "#" + strconv.Itoa(seen[one.key()])
			}
			all = append(all, one)
		}
	}
	return all, nil
}

func lineRange(text string) (first, last int) {
	from, to, _ := strings.Cut(text, "-")
	first, _ = strconv.Atoi(from)
	if last, _ = strconv.Atoi(to); last == 0 {
		last = 1 << 30
	}
	return first, last
}

func functionName(function *ast.FuncDecl) string {
	if function.Recv == nil || len(function.Recv.List) == 0 {
		return function.Name.Name
	}
	var text bytes.Buffer
	_ = printer.Fprint(&text, token.NewFileSet(), function.Recv.List[0].Type)
	return strings.TrimPrefix(text.String(), "*") + "." + function.Name.Name
}

// finder collects the mutants of one function.
type finder struct {
	source  []byte
	files   *token.FileSet
	mutants []mutant
}

func (f *finder) text(node ast.Node) string {
	return string(f.source[f.offset(node.Pos()):f.offset(node.End())])
}

func (f *finder) offset(at token.Pos) int { return f.files.Position(at).Offset }

func (f *finder) replace(from, to token.Pos, after string) {
	start, end := f.offset(from), f.offset(to)
	f.mutants = append(f.mutants, mutant{
		line: f.files.Position(from).Line, start: start, end: end, before: string(f.source[start:end]), after: after,
	})
}

func (f *finder) change(node ast.Node, after string) { f.replace(node.Pos(), node.End(), after) }

// swaps are the operators that take the place of another.
var swaps = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ,
	token.GEQ: token.GTR, token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
}

func (f *finder) visit(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.BinaryExpr:
		if node.Op == token.LAND || node.Op == token.LOR {
			f.change(node, f.text(node.X))
			f.change(node, f.text(node.Y))
		} else if other, ok := swaps[node.Op]; ok {
			f.change(node, f.text(node.X)+" "+other.String()+" "+f.text(node.Y))
		}
	case *ast.IfStmt:
		f.change(node.Cond, "true || ("+f.text(node.Cond)+")") // what it uses stays used
		f.change(node.Cond, "false && ("+f.text(node.Cond)+")")
	case *ast.UnaryExpr:
		if node.Op == token.NOT {
			f.change(node, f.text(node.X))
		}
	case *ast.BasicLit:
		if value, err := strconv.ParseInt(node.Value, 0, 64); node.Kind == token.INT && err == nil {
			f.change(node, strconv.FormatInt(value+1, 10))
		}
	case *ast.Ident:
		if node.Name == "true" || node.Name == "false" {
			f.change(node, strconv.FormatBool(node.Name == "false"))
		}
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt:
		f.change(node, "")
	case *ast.AssignStmt:
		if node.Tok != token.DEFINE {
			f.change(node, "")
		}
	case *ast.CaseClause:
		if node.List != nil {
			f.change(node, "")
		}
	}
	return true
}
