package doccode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	_ "github.com/returningai/returningai-go/contrib/otel" // documents import it
)

// documents returns the paths of README.md and of the documents, from here.
func documents(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	return append(paths, "../../README.md", "../../CONTRIBUTING.md")
}

func TestCodeOfTheDocumentsCompiles(t *testing.T) {
	t.Parallel()
	compiler := newCompiler(t)
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, block := range blocks(string(text)) {
			if err := compiler.check(block); err != nil {
				t.Errorf("%s: the code at line %d does not compile:\n%v", filepath.Base(path), block.Line, err)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	compiler := newCompiler(t)
	for name, test := range map[string]struct{ code, problem string }{
		"statements":          {"user, err := client.Integration.Users.Get(ctx, \"ada@example.com\")\nif err != nil {\n\treturn err\n}\n", ""},
		"declarations":        {"func f() error { return errors.New(\"x\") }\n", ""},
		"program":             {"package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n", ""},
		"unknown method":      {"client.Integration.Users.Got(ctx)\n", "block:10: client.Integration.Users.Got undefined"},
		"unknown name":        {"return nonsense\n", "undefined: nonsense"},
		"missing import":      {"package main\n\nfunc main() { fmt.Println() }\n", "undefined: fmt"},
		"wrong argument":      {"_, err = client.System.Badges.Award(ctx, 7, userID)\n", "cannot use 7"},
		"does not parse":      {"for { … }\n", "illegal character"},
		"unknown package":     {"package main\n\nimport _ \"example.com/x\"\n\nfunc main() {}\n", "could not import example.com/x"},
		"missing return":      {"func f() error { }\n", "missing return"},
		"missing results":     {"return\n", "not enough return values"},
		"imports of its own":  {"import \"strings\"\n\nvar upper = strings.ToUpper(\"x\")\n", ""},
		"an unused variable":  {"login := 1\n", ""},
		"an assignment to it": {"login := 1\nlogin = \"x\"\n", "cannot use"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := compiler.check(block{Line: 10, Code: test.code})
			if test.problem == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.problem)
			}
		})
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	blocks := blocks("# A\n\n```go\na\nb\n```\n\n```sh\nc\n```\n\n- x\n  ```go\n  d\n  ```\n")
	require.Equal(t, []block{{Line: 4, Code: "a\nb\n"}, {Line: 14, Code: "  d\n"}}, blocks)
}
