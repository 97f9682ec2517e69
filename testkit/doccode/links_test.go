package doccode

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const repository = "../.."

var (
	linkPattern     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codePattern     = regexp.MustCompile("`([^`\n]+)`")
	pathPattern     = regexp.MustCompile(`^(?:\./)?(?:[\w.-]+/)+[\w.-]*$`)
	packagePattern  = regexp.MustCompile(regexp.QuoteMeta(root) + `((?:/[\w-]+)+)`)
	commandPattern  = regexp.MustCompile(`\s\./([\w./-]*[\w-])`)
	testPattern     = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`")
	functionPattern = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w+)\(`)
	nonSlug         = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinksOfTheDocumentsResolve checks links, headings, paths in code spans,
// packages of this module, and the paths of commands.
func TestLinksOfTheDocumentsResolve(t *testing.T) {
	t.Parallel()
	tests := testNames(t)
	for _, path := range append(documents(t), repository+"/SECURITY.md") {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, problem := range linkProblems(filepath.Dir(path), filepath.Base(path), string(text)) {
			t.Errorf("%s: %s", filepath.Base(path), problem)
		}
		for _, match := range testPattern.FindAllStringSubmatch(string(text), -1) {
			require.True(t, tests[match[1]] || filepath.Base(path) == "CONTRIBUTING.md", "%s: no test is called %s", path, match[1])
		}
	}
}

// testNames returns the names of all tests and fuzz targets of the repository.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	require.NoError(t, filepath.WalkDir(repository, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range functionPattern.FindAllStringSubmatch(string(text), -1) {
			names[match[1]] = true
		}
		return err
	}))
	return names
}

// linkProblems returns the links and paths of a document that do not exist.
func linkProblems(directory, name, text string) []string {
	var problems []string
	missing := func(kind, path string) {
		problems = append(problems, fmt.Sprintf("%s %s leads nowhere", kind, path))
	}
	prose, commands := split(text)
	for _, match := range linkPattern.FindAllStringSubmatch(prose, -1) {
		link := match[1]
		if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
			continue
		}
		path, heading, _ := strings.Cut(link, "#")
		target, targetText := filepath.Join(directory, path), text
		if path == "" {
			target = filepath.Join(directory, name)
		} else if content, err := os.ReadFile(target); err == nil {
			targetText = string(content)
		}
		if path != "" && !exists(target) || heading != "" && !headings(targetText)[heading] {
			missing("link", link)
		}
	}
	for _, match := range codePattern.FindAllStringSubmatch(prose, -1) {
		first, _, _ := strings.Cut(strings.TrimPrefix(match[1], "./"), "/")
		if pathPattern.MatchString(match[1]) && exists(filepath.Join(repository, first)) && !exists(filepath.Join(repository, match[1])) {
			missing("path", match[1])
		}
	}
	for _, match := range packagePattern.FindAllStringSubmatch(text, -1) {
		if !exists(repository+match[1]) && !strings.HasPrefix(match[1], "/actions/") {
			missing("package", match[1])
		}
	}
	for _, match := range commandPattern.FindAllStringSubmatch(commands, -1) {
		if !strings.HasPrefix(match[1], "its/") && !inModule(strings.TrimSuffix(match[1], "/...")) {
			missing("command with", match[1])
		}
	}
	return problems
}

// split separates a document's text from its blocks of code and code spans, in
// which commands stand.
func split(text string) (prose, commands string) {
	var outside, inside strings.Builder
	fenced := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case fenced:
			inside.WriteString(line)
		default:
			outside.WriteString(line)
			for _, match := range codePattern.FindAllStringSubmatch(line, -1) {
				inside.WriteString(" " + match[1] + "\n")
			}
		}
	}
	return outside.String(), inside.String()
}

// headings returns the anchors that GitHub gives the headings of a document.
func headings(text string) map[string]bool {
	found := map[string]bool{}
	prose, _ := split(text)
	for line := range strings.Lines(prose) {
		title := strings.TrimLeft(line, "#")
		if !strings.HasPrefix(line, "#") || !strings.HasPrefix(title, " ") {
			continue
		}
		slug := nonSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		found[strings.ReplaceAll(slug, " ", "-")] = true
	}
	return found
}

// inModule reports whether a path exists in a module of the repository: commands
// for a nested module run inside it.
func inModule(path string) bool {
	for _, pattern := range []string{"go.mod", "*/go.mod", "*/*/go.mod"} {
		modules, _ := filepath.Glob(filepath.Join(repository, pattern))
		for _, module := range modules {
			if exists(filepath.Join(filepath.Dir(module), path)) {
				return true
			}
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestLinkProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, problem string }{
		"file":                   {"[a](docs/ids.md)", ""},
		"missing file":           {"[a](docs/idz.md)", "link docs/idz.md"},
		"image":                  {"![a](docs/none.png)", "link docs/none.png"},
		"heading":                {"[a](#the-api-s)\n\n## The `API's`\n", "link #the-api-s"},
		"heading with code":      {"[a](#the-apis)\n\n## The `API's`\n", ""},
		"missing heading":        {"[a](#b)\n\n## A\n", "link #b"},
		"heading in code":        {"[a](#a)\n\n```sh\n# A\n```\n", "link #a"},
		"heading of a file":      {"[a](docs/ids.md#from-one-kind-to-another)", ""},
		"missing in a file":      {"[a](docs/ids.md#nothing)", "link docs/ids.md#nothing"},
		"web page":               {"[a](https://example.com/x)", ""},
		"path":                   {"`examples/doctor`", ""},
		"missing path":           {"`examples/dentist`", "path examples/dentist"},
		"media type":             {"`text/plain`", ""},
		"link in code":           {"```go\nx[a](b)\n```\n", ""},
		"package":                {"`" + root + "/examples/doctor@latest`", ""},
		"missing package":        {"```sh\ngo run " + root + "/examples/dentist@latest\n```\n", "package /examples/dentist"},
		"command":                {"```sh\ngo run ./examples/doctor -offline\n```\n", ""},
		"command in a module":    {"`go run ./results`", ""},
		"command for all":        {"`go test ./internal/...`", ""},
		"missing in a command":   {"`go run ./examples/dentist`", "command with examples/dentist"},
		"missing below a folder": {"`go test ./nothing/...`", "command with nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := linkProblems(repository, "README.md", test.text)
			if test.problem == "" {
				require.Empty(t, problems)
			} else {
				require.Equal(t, []string{test.problem + " leads nowhere"}, problems)
			}
		})
	}
}
