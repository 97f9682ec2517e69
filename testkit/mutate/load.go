package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
)

// pkg is a package that is mutated.
type pkg struct {
	path    string // as it was named
	dir     string
	name    string
	files   map[string][]byte // by absolute name
	imports types.Importer
}

// checked is a package with its types.
type checked struct {
	positions *token.FileSet
	files     map[string]*ast.File
	info      *types.Info
	faults    []fault
}

// fault is a reason why a package does not compile.
type fault struct {
	file   string
	offset int
	text   string
}

// load reads a package, and finds what the compiler exports of its imports.
func (s settings) load(ctx context.Context, path string) (*pkg, error) {
	command := exec.CommandContext(ctx, "go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,Name,GoFiles,DepOnly,Standard", path, "os", "strconv")
	command.Dir = s.root
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", path, err)
	}
	loaded := &pkg{path: path, files: map[string][]byte{}}
	exports := map[string]string{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var listed struct {
			ImportPath, Export, Dir, Name string
			GoFiles                       []string
			DepOnly, Standard             bool
		}
		if err := decoder.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		exports[listed.ImportPath] = listed.Export
		if listed.DepOnly || listed.Standard {
			continue
		}
		loaded.dir, loaded.name = listed.Dir, listed.Name
		for _, name := range listed.GoFiles {
			name = filepath.Join(listed.Dir, name)
			if loaded.files[name], err = os.ReadFile(name); err != nil {
				return nil, err
			}
		}
	}
	loaded.imports = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return loaded, nil
}

// check finds the types of the package, in which some files are replaced.
func (p *pkg) check(replaced map[string][]byte) checked {
	result := checked{positions: token.NewFileSet(), files: map[string]*ast.File{}, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	sources := maps.Clone(p.files)
	maps.Copy(sources, replaced)
	var files []*ast.File
	for name, source := range sources {
		file, err := parser.ParseFile(result.positions, name, source, parser.SkipObjectResolution)
		if list, ok := errors.AsType[scanner.ErrorList](err); ok {
			result.faults = append(result.faults, fault{name, list[0].Pos.Offset, list[0].Msg})
			continue
		}
		result.files[name] = file
		files = append(files, file)
	}
	if len(result.faults) > 0 {
		return result
	}
	config := types.Config{Importer: p.imports, Error: func(err error) {
		if one, ok := errors.AsType[types.Error](err); ok {
			at := result.positions.Position(one.Pos)
			result.faults = append(result.faults, fault{at.Filename, at.Offset, one.Msg})
		}
	}}
	_, _ = config.Check(p.path, result.positions, files, result.info) // the faults say it
	return result
}
