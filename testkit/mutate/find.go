package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutant is one change: the text between two offsets of a file is replaced.
type mutant struct {
	number     int    // from 1, in its package
	path       string // of the package
	file       string // absolute
	function   string
	line       int
	start, end int
	before     string
	after      string
	site       site        // what gets a switch
	around     site        // the function
	operator   token.Token // of an operation
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
func (s settings) find(p *pkg) ([]mutant, error) {
	typed := p.check(nil)
	if len(typed.faults) > 0 {
		return nil, fmt.Errorf("%s: %s", typed.faults[0].file, typed.faults[0].text)
	}
	var all []mutant
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		if s.files.MatchString(filepath.Base(name)) {
			all = append(all, s.findInFile(p, typed, name)...)
		}
	}
	for i := range all {
		all[i].number = i + 1
	}
	return all, nil
}

func (s settings) findInFile(p *pkg, typed checked, name string) []mutant {
	first, last := lineRange(s.lines)
	parsed := typed.files[name]
	var all []mutant
	seen := map[string]int{}
	for _, declaration := range parsed.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Body == nil || !s.funcs.MatchString(functionName(function)) {
			continue
		}
		found := &finder{checked: typed, source: p.files[name], file: parsed, inHeader: map[ast.Node]bool{}}
		ast.Inspect(function.Body, found.visit)
		for _, one := range found.mutants {
			one.path, one.file, one.function, one.around = p.path, name, functionName(function), found.site(whole, function)
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
	return all
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
