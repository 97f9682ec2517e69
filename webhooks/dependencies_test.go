package webhooks_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDependencies keeps the API client and its HTTP engine out of programs
// that only need webhooks.
func TestDependencies(t *testing.T) {
	t.Parallel()
	const module = "github.com/returningai/returningai-go"
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	for dependency := range strings.FieldsSeq(string(output)) {
		ours := slices.Contains([]string{module + "/webhooks", module + "/secret", module + "/internal/retry", module + "/internal/scrub"}, dependency)
		require.True(t, ours || strings.HasPrefix(dependency, "github.com/go-json-experiment/json"), dependency)
	}
}
