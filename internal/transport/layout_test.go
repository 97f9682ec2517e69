package transport

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFilesDependOneWay keeps the chain readable from the outside to the inside:
// no two files use each other.
func TestFilesDependOneWay(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		require.NoError(t, err)
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	// What other packages declare does not matter here, so nothing is imported.
	config := types.Config{Importer: importer.Default(), Error: func(error) {}}
	pkg, _ := config.Check("transport", fset, files, info)
	uses := map[[2]string]string{}
	for ident, object := range info.Uses {
		from, to := fset.Position(ident.Pos()).Filename, fset.Position(object.Pos()).Filename
		if object.Pkg() == pkg && from != to {
			uses[[2]string{from, to}] = ident.Name
		}
	}
	require.NotEmpty(t, uses)
	for pair, name := range uses {
		if back, both := uses[[2]string{pair[1], pair[0]}]; both {
			t.Errorf("%s uses %s of %s, which uses %s of it", pair[0], name, pair[1], back)
		}
	}
}
