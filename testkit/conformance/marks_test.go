package conformance_test

import (
	"os"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	returningai "github.com/returningai/returningai-go"
)

// TestDocumentCertainties checks the marks of every operation.
func TestDocumentCertainties(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	weakness := map[string]int{"documented": 1, "observed": 2, "assumed": 3}
	for _, id := range document.IDs() {
		operation := document.Operation(id)
		route, body := weakness[operation.Extension("x-contract-route")], weakness[operation.Extension("x-contract-body")]
		require.NotZero(t, route, id)
		require.NotZero(t, body, id)
		require.Equal(t, max(route, body), weakness[operation.Extension("x-contract")], id)
		if operation.Extension("x-permission") != "" {
			require.NotZero(t, weakness[operation.Extension("x-permission-contract")], id)
		}
	}
	for _, id := range document.Hooks() {
		require.NotZero(t, weakness[document.Hook(id).Extension("x-contract")], id)
	}
}

// TestAssumedFieldsMarked checks that within an assumed schema every
// field says so itself, for readers who see only a part of it.
func TestAssumedFieldsMarked(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	var tree map[string]any
	require.NoError(t, yaml.Unmarshal(text, &tree))
	marked := 0
	requireMarks(t, tree, "", false, &marked)
	require.Greater(t, marked, 100)
}

func requireMarks(t *testing.T, node any, at string, assumed bool, marked *int) {
	t.Helper()
	switch node := node.(type) {
	case map[string]any:
		_, isResponse := node["content"] // whose mark is about its status
		_, isOperation := node["operationId"]
		assumed = assumed || node["x-contract"] == "assumed" && !isResponse && !isOperation
		members, _ := node["properties"].(map[string]any)
		for name, member := range members {
			if mark, has := member.(map[string]any); assumed && has {
				require.Contains(t, mark, "x-contract", "%s.%s", at, name)
				*marked++
			}
		}
		for name, child := range node {
			requireMarks(t, child, at+"."+name, assumed, marked)
		}
	case []any:
		for _, child := range node {
			requireMarks(t, child, at, assumed, marked)
		}
	}
}

// TestFamilyCredentials checks the security of every operation.
func TestFamilyCredentials(t *testing.T) {
	t.Parallel()
	document := readDocument(t)
	credentials := map[returningai.Family]string{
		returningai.FamilySystem: "communityKey", returningai.FamilyCommunityHost: "secureAuthKey",
		returningai.FamilyIntegration: "bearer", returningai.FamilyApplication: "bearer",
	}
	for _, id := range document.IDs() {
		operation := document.Operation(id)
		require.NotNil(t, operation.Security, id)
		require.True(t, slices.ContainsFunc(*operation.Security, func(requirement openapi3.SecurityRequirement) bool {
			_, names := requirement[credentials[operation.Family]]
			return names
		}), id)
	}
}
