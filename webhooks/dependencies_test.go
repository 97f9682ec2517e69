package webhooks_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDependencies keeps the API client out of programs that only need webhooks.
func TestDependencies(t *testing.T) {
	t.Parallel()
	const module = "github.com/returningai/returningai-go/"
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	for dependency := range strings.FieldsSeq(string(output)) {
		ours := slices.Contains([]string{"webhooks", "secret", "internal/transport", "internal/scrub", "internal/wire"}, strings.TrimPrefix(dependency, module))
		known := slices.ContainsFunc([]string{
			"github.com/go-json-experiment/json", "github.com/hashicorp/go-retryablehttp", "github.com/hashicorp/go-cleanhttp", "golang.org/x/time/rate",
		}, func(prefix string) bool { return strings.HasPrefix(dependency, prefix) })
		require.True(t, ours || known, dependency)
	}
}
