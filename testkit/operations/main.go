// Operations prints the table of operations that the SDK knows, one row each,
// tab-separated and without a heading: id, Go method, family, HTTP method,
// path, permission, idempotent (true or false), certainty and docs page.
//
//	go run ./testkit/operations
//
// With -markdown it prints the table of docs/operations.md, which has links in
// place of addresses. The certainty is the weaker one of route and body. An assumed
// permission ends in a question mark there.
//
// With -write it writes what the operations' values say into the files that
// repeat it: the constants of operation_ids.go, the tables of docs/operations.md, docs/upgrading-from-http.md and
// docs/after-maybe-applied.md, the blocks that end the doc comments of methods, and
// in api/openapi.yaml the servers, tags, docs, marks, security and error responses. With -check it reports files that
// are not current.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	returningai "github.com/returningai/returningai-go"
)

func main() {
	markdown := flag.Bool("markdown", false, "print the table of docs/operations.md")
	writes := flag.Bool("write", false, "write the generated files")
	checks := flag.Bool("check", false, "report generated files that are not current")
	flag.Parse()
	var err error
	switch {
	case *writes:
		err = write(".")
	case *checks:
		err = check(".")
	case *markdown:
		_, err = io.WriteString(os.Stdout, markdownTable(returningai.Operations()))
	default:
		_, err = io.WriteString(os.Stdout, tabSeparated(returningai.Operations()))
	}
	if err != nil {
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

// requestTable is the table of docs/upgrading-from-http.md: requests by family,
// path and method.
func requestTable(operations []returningai.Operation) string {
	sorted := slices.Clone(operations)
	slices.SortFunc(sorted, func(a, b returningai.Operation) int {
		return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	var table bytes.Buffer
	table.WriteString("| family | request | Go method |\n| --- | --- | --- |\n")
	for _, op := range sorted {
		family, service, _ := strings.Cut(op.GoMethod, ".")
		page := "https://pkg.go.dev/github.com/returningai/returningai-go/" + strings.ToLower(family) + "#" + strings.Replace(service, ".", "Service.", 1)
		fmt.Fprintf(&table, "| %s | %s `%s` | [`%s`](%s) |\n", op.Family, op.Method, op.Path, op.GoMethod, page)
	}
	return table.String()
}

// markdownTable is the table for readers.
func markdownTable(operations []returningai.Operation) string {
	var table bytes.Buffer
	table.WriteString("| operation | Go method | HTTP | permission | retried | certainty |\n")
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
