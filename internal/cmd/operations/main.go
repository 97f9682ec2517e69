// Operations prints the table of operations that the SDK knows, one row each,
// tab-separated and without a heading: id, Go method, family, HTTP method,
// path, permission, idempotent (true or false), certainty and docs page.
//
//	go run ./internal/cmd/operations
//
// With -markdown it prints the table of the README, which has links in place
// of addresses. The certainty is the weaker one of route and body; a
// permission that is assumed ends in a question mark there.
//
// The tests write and check both that table and the one of
// docs/after-maybe-applied.md, which comes from the doc comments of the methods.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	returningai "github.com/returningai/returningai-go"
)

func main() {
	markdown := flag.Bool("markdown", false, "print the table of the README")
	flag.Parse()
	table := tabSeparated
	if *markdown {
		table = markdownTable
	}
	if _, err := io.WriteString(os.Stdout, table(returningai.Operations())); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tabSeparated is the table for programs.
func tabSeparated(operations []returningai.Operation) string {
	var table bytes.Buffer
	for _, op := range operations {
		fields := []string{
			op.ID, op.GoMethod, string(op.Family), op.Method, op.Path, op.Permission,
			fmt.Sprint(op.Idempotent), string(certainty(op)), op.Docs,
		}
		table.WriteString(strings.Join(fields, "\t") + "\n")
	}
	return table.String()
}

// markdownTable is the table for readers.
func markdownTable(operations []returningai.Operation) string {
	var table bytes.Buffer
	table.WriteString("| operation | Go method | HTTP | permission | repeatable | certainty |\n")
	table.WriteString("| --- | --- | --- | --- | --- | --- |\n")
	for _, op := range operations {
		id := "`" + op.ID + "`"
		if op.Docs != "" {
			id = "[" + id + "](" + op.Docs + ")"
		}
		fmt.Fprintf(&table, "| %s | `%s` | %s `%s` | %s | %s | %s |\n",
			id, op.GoMethod, op.Method, op.Path, permission(op), yes(op.Idempotent), certainty(op))
	}
	return table.String()
}

// certainty is the weaker one of what is known of route and body.
func certainty(op returningai.Operation) returningai.Certainty {
	known := []returningai.Certainty{op.RouteCertainty, op.BodyCertainty}
	for _, weaker := range []returningai.Certainty{returningai.CertaintyAssumed, returningai.CertaintyObserved} {
		if slices.Contains(known, weaker) {
			return weaker
		}
	}
	return returningai.CertaintyDocumented
}

func permission(op returningai.Operation) string {
	switch {
	case op.Permission == "":
		return ""
	case op.PermissionCertainty == returningai.CertaintyDocumented:
		return "`" + op.Permission + "`"
	}
	return "`" + op.Permission + "`?"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
