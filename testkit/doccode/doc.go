// Package doccode compiles the Go code of Markdown documents, as it stands.
//
// A block is a complete program, or declarations, or statements. Statements are
// wrapped in a function that returns an error. Imports are added by the names of
// packages, and a few names of the reader's program are declared: see names.
package doccode
