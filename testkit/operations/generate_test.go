package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/rest"
)

func defined() map[string]*rest.Operation {
	operations := map[string]*rest.Operation{}
	for _, op := range rest.Operations() {
		operations[op.ID] = op
	}
	return operations
}

const byHand = `
paths:
  /apis/v1/users:
    post:
      operationId: integration.users.create
      requestBody: {}
      responses:
        '200': {description: Done.}

webhooks:
`

const generatedInto = `
paths:
  /apis/v1/users:
    servers: *integration
    post:
      operationId: integration.users.create
      tags: [Integration users] # to security: generated
      externalDocs: {url: https://dev.returning.ai/users/create-user}
      x-contract: documented
      x-contract-route: documented
      x-contract-body: documented
      x-permission: createUser
      x-permission-contract: documented
      x-idempotent: false
      x-reads-only: false
      security: [{bearer: []}]
      requestBody: {}
      responses:
        '200': {description: Done.}
        '400': {$ref: '#/components/responses/BadRequest'}
        '401': {$ref: '#/components/responses/Unauthorized'}
        '403': {$ref: '#/components/responses/Forbidden'}
        '404': {$ref: '#/components/responses/NotFound'}
        '409': {$ref: '#/components/responses/Conflict'}
        '429': {$ref: '#/components/responses/TooManyRequests'}
        '5XX': {$ref: '#/components/responses/ServerError'}

webhooks:
`

func TestWithOperations(t *testing.T) {
	t.Parallel()
	text, problems := withOperations(byHand, defined())
	require.Empty(t, problems)
	require.Equal(t, generatedInto, text)
	again, _ := withOperations(text, defined())
	require.Equal(t, text, again)
}

func TestWithOperationsProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ from, to, problem string }{
		"other path":   {"/apis/v1/users:", "/apis/v1/user:", "integration.users.create is POST /apis/v1/users, api/openapi.yaml has POST /apis/v1/user"},
		"other method": {"    post:", "    put:", "integration.users.create is POST /apis/v1/users, api/openapi.yaml has PUT /apis/v1/users"},
		"unknown id":   {"users.create", "users.make", `POST /apis/v1/users: there is no operation "integration.users.make"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := withOperations(strings.Replace(byHand, test.from, test.to, 1), defined())
			require.Equal(t, []string{test.problem}, problems)
		})
	}
}

func TestWithDocBlocks(t *testing.T) {
	t.Parallel()
	const before = "// Get reads.\n//\n// Operation: system.badges.list\nfunc Get() {}\n"
	const after = "// Get reads.\n//\n// Key: API key (System).\n// Retried: yes.\n// Operation: system.badges.list\n" +
		"// Certainty: path, parameters and response are assumed.\nfunc Get() {}\n"
	require.Equal(t, after, withDocBlocks(before, defined()))
	require.Equal(t, after, withDocBlocks(after, defined()))
}

// copyGenerated writes current generated files into a directory.
func copyGenerated(t *testing.T) string {
	t.Helper()
	copied := t.TempDir()
	files, _ := generate(root) // a route that differs is another test's business
	for _, file := range files {
		path := filepath.Join(copied, file.path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(file.want), 0o600))
	}
	return copied
}

// TestCheck changes a file of a copy and has it corrected.
func TestCheck(t *testing.T) {
	t.Parallel()
	copied := copyGenerated(t)
	table := filepath.Join(copied, "docs", "operations.md")
	text, err := os.ReadFile(table)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(check(copied)), "operations.md")
	require.NoError(t, os.WriteFile(table, bytes.Replace(text, []byte("| yes |"), []byte("| no |"), 1), 0o600))
	require.ErrorContains(t, check(copied), "operations.md:")
	_ = write(copied)
	require.NotContains(t, fmt.Sprint(check(copied)), "operations.md")
	require.NoError(t, os.WriteFile(table, nil, 0o600))
	require.ErrorContains(t, check(copied), "must stand around the table")
}
