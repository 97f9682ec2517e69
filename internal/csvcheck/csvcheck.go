// Package csvcheck checks CSV files for bulk jobs as they stream past: in
// constant memory, in pieces of any size, and with the place of the first
// mistake. It is stricter than encoding/csv: it also refuses what other
// readers are known to read differently.
package csvcheck

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is the first mistake of a file. It never shows what the file holds.
type Error struct {
	Line   int64 // of the file, from 1
	Column int   // field of the record, from 1
	Reason string
	NoRows bool // the file is valid but has no rows
}

func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// maxHeading bounds the only record that is kept in memory.
const maxHeading = 1 << 20

// maxCell is how much of a cell is kept that must be an op or a number: no
// float64 is longer, also when it is written without an exponent.
const maxCell = 400

// opSuffix ends the heading of a column with operations, such as add, on the
// numbers in the next column.
const opSuffix = "_op"

type state int

const (
	fieldStart  state = iota
	inBare            // in a field without quotes
	inQuotes          // between the quotes of a field
	afterQuote        // behind a quote that ends the field or doubles itself
	afterReturn       // behind a CR outside quotes
	stateCount        // number of states
)

// kind is the kind of a column's cells.
type kind byte

const (
	anything kind = iota
	op
	number
)

// Checker checks one file. The zero value is ready to use.
type Checker struct {
	// Ops says that a column whose heading ends in _op holds what is done with
	// the number in the column after it, and is checked for it.
	Ops bool

	state   state
	lines   int64 // complete ones
	column  int   // of the field under way, from 0
	opening Error // where the field under way opened its quote
	partial []byte

	kinds   []kind // one a column; nil until the heading is complete
	heading []string
	size    int    // bytes of the heading so far
	cell    []byte // of the field under way, where its text matters
	rows    int64
	failed  error
}

// Rows returns how many complete rows have been checked, without the heading.
func (c *Checker) Rows() int64 { return c.rows }

// Check checks the next piece of the file. Once it has returned an error, so
// does every further call.
func (c *Checker) Check(piece []byte) error {
	for len(piece) > 0 && c.failed == nil {
		if run := c.plainRun(piece); run > 0 {
			c.keep(piece[:run])
			piece = piece[run:]
			continue
		}
		c.failed = c.next(piece[0])
		piece = piece[1:]
	}
	return c.failed
}

// End checks that the file may end here.
func (c *Checker) End() error {
	if c.failed == nil {
		c.failed = c.end()
	}
	return c.failed
}

func (c *Checker) end() error {
	switch {
	case len(c.partial) > 0:
		return c.fail("the text is not valid UTF-8")
	case c.state == inQuotes:
		c.opening.Reason = "the quote that opens the field is never closed"
		return &c.opening
	case c.state == afterReturn:
		return c.fail(loneReturn)
	}
	if c.state != fieldStart || c.column > 0 {
		if err := c.endRecord(); err != nil {
			return err
		}
	}
	switch {
	case c.kinds == nil:
		return c.fail("the file is empty: it must begin with a heading")
	case c.rows == 0:
		none := c.here("there are no rows below the heading")
		none.NoRows = true
		return none
	}
	return nil
}

const loneReturn = "a carriage return must be part of a line end, or inside quotes"

// plain tells which bytes mean nothing but themselves in which state.
var plain = func() (table [stateCount][256]bool) {
	for b := 1; b < utf8.RuneSelf; b++ {
		table[inBare][b] = !strings.ContainsRune(",\"\r\n", rune(b))
		table[inQuotes][b] = !strings.ContainsRune("\"\n", rune(b))
	}
	return table
}()

// plainRun returns how many of the next bytes need no further look.
func (c *Checker) plainRun(piece []byte) int {
	if len(c.partial) > 0 || c.kinds == nil {
		return 0
	}
	if c.state == fieldStart && c.column < len(c.kinds) && plain[inBare][piece[0]] {
		c.state = inBare
	}
	table := &plain[c.state]
	for i, b := range piece {
		if !table[b] {
			return i
		}
	}
	return len(piece)
}

// next takes one byte.
func (c *Checker) next(b byte) error {
	if c.kinds == nil {
		if c.size++; c.size > maxHeading {
			return c.fail(fmt.Sprintf("the heading is longer than %d bytes", maxHeading))
		}
	}
	if b == 0 {
		return c.fail("the text must not contain a NUL character")
	}
	if b >= utf8.RuneSelf || len(c.partial) > 0 {
		if err := c.decode(b); err != nil {
			return err
		}
	}
	switch c.state {
	case fieldStart:
		return c.start(b)
	case inBare:
		return c.bare(b)
	case inQuotes:
		return c.quoted(b)
	case afterQuote:
		return c.behindQuote(b)
	}
	if b != '\n' {
		return c.fail(loneReturn)
	}
	return c.endLine()
}

// decode follows characters of several bytes, wherever the pieces part them.
func (c *Checker) decode(b byte) error {
	if c.size == 1 && b >= 0xfe {
		return c.fail("the text must be UTF-8, and begins as UTF-16 does")
	}
	c.partial = append(c.partial, b)
	if !utf8.FullRune(c.partial) {
		return nil
	}
	if !utf8.Valid(c.partial) {
		return c.fail("the text is not valid UTF-8")
	}
	c.partial = c.partial[:0]
	return nil
}

func (c *Checker) start(b byte) error {
	if c.kinds != nil && c.column == len(c.kinds) {
		return c.fail(fmt.Sprintf("the row has more fields than the heading, which has %d", len(c.kinds)))
	}
	if c.column == 0 && (b == '\n' || b == '\r') {
		return c.fail("the line must not be empty")
	}
	if b == '"' {
		c.state = inQuotes
		c.opening = *c.here("")
		return nil
	}
	c.state = inBare
	return c.bare(b)
}

func (c *Checker) bare(b byte) error {
	switch b {
	case '"':
		return c.fail("a quote must not stand in a field that does not begin with one")
	case ',', '\r', '\n':
		return c.separate(b)
	}
	c.keep([]byte{b})
	return nil
}

func (c *Checker) quoted(b byte) error {
	if b == '"' {
		c.state = afterQuote
		return nil
	}
	if b == '\n' {
		if c.kinds == nil {
			return c.fail("the heading must stand on one line: a quote may be open")
		}
		c.lines++
	}
	c.keep([]byte{b})
	return nil
}

func (c *Checker) behindQuote(b byte) error {
	switch b {
	case '"':
		c.state = inQuotes
		c.keep([]byte{b})
		return nil
	case ',', '\r', '\n':
		return c.separate(b)
	}
	return c.fail("a quote inside quotes must be doubled, and only a comma or a line end may follow the closing one")
}

// separate takes what stands between fields and records.
func (c *Checker) separate(b byte) error {
	switch b {
	case ',':
		err := c.endField()
		c.column++
		c.state = fieldStart
		return err
	case '\r':
		c.state = afterReturn
		return nil
	}
	return c.endLine()
}

func (c *Checker) endLine() error {
	err := c.endRecord()
	c.lines++
	c.column = 0
	c.state = fieldStart
	return err
}

func (c *Checker) endRecord() error {
	if err := c.endField(); err != nil {
		return err
	}
	if c.kinds == nil {
		return c.endHeading()
	}
	if c.column+1 < len(c.kinds) {
		c.column++
		return c.fail(fmt.Sprintf("the row has %d fields, the heading has %d", c.column, len(c.kinds)))
	}
	c.rows++
	return nil
}

// keep remembers the text of a field where it matters.
func (c *Checker) keep(text []byte) {
	if c.kinds == nil {
		c.cell = append(c.cell, text...)
		return
	}
	if c.column < len(c.kinds) && c.kinds[c.column] != anything {
		// One byte too many is enough to make it wrong.
		c.cell = append(c.cell, text[:min(len(text), maxCell+1-len(c.cell))]...)
	}
}

func (c *Checker) endField() error {
	cell := c.cell
	c.cell = c.cell[:0]
	if c.kinds == nil {
		c.heading = append(c.heading, string(cell))
		return nil
	}
	if c.column >= len(c.kinds) { // an empty field at the end of the row, which start has not seen
		return c.fail(fmt.Sprintf("the row has more fields than the heading, which has %d", len(c.kinds)))
	}
	switch {
	case c.kinds[c.column] == op && !isOp(cell):
		return c.fail("an op must be add, subtract or overwrite, in lower case")
	case c.kinds[c.column] == number && !isNumber(cell):
		return c.fail("the value after an op must be a decimal number")
	}
	return nil
}

func isOp(cell []byte) bool {
	switch string(cell) {
	case "add", "subtract", "overwrite":
		return true
	}
	return false
}

// shortInteger is how many digits are certain to fit a float64.
const shortInteger = 300

// isNumber accepts decimal numbers, and none of the other things that
// strconv knows: hexadecimal, infinity, underscores. It refuses what a float64
// cannot hold, whether it is too large or so small that it would become zero.
func isNumber(cell []byte) bool {
	if len(cell) > 0 && len(cell) <= shortInteger && !slices.ContainsFunc(cell, func(b byte) bool { return b < '0' || b > '9' }) {
		return true // nearly all are, and parsing them is a fifth of checking a file
	}
	if len(cell) > maxCell || slices.ContainsFunc(cell, func(b byte) bool { return !inNumber[b] }) {
		return false
	}
	value, err := strconv.ParseFloat(string(cell), 64)
	return err == nil && (value != 0 || isZero(cell))
}

// inNumber tells which bytes can be in a decimal number.
var inNumber = func() (table [256]bool) {
	for _, b := range []byte("0123456789+-.eE") {
		table[b] = true
	}
	return table
}()

// isZero reports whether a number has no other digits than zeros.
func isZero(number []byte) bool {
	if exponent := bytes.IndexAny(number, "eE"); exponent >= 0 {
		number = number[:exponent]
	}
	return !bytes.ContainsAny(number, "123456789")
}

// endHeading checks the names of the columns.
func (c *Checker) endHeading() error {
	kinds := make([]kind, len(c.heading))
	seen := make(map[string]bool, len(c.heading))
	for i, name := range c.heading {
		c.column = i
		switch {
		case strings.TrimSpace(name) == "":
			return c.fail("the heading has a column without a name")
		case strings.TrimSpace(name) != name:
			return c.fail("the heading has a name with white space around it")
		case seen[name]:
			return c.fail("the heading has a column twice")
		case len(c.heading) == 1 && strings.ContainsAny(name, ";\t"):
			return c.fail("columns must be separated by commas")
		}
		seen[name] = true
		field, isOp := strings.CutSuffix(name, opSuffix)
		if !c.Ops || !isOp {
			continue
		}
		if kinds[i] == number || i+1 == len(c.heading) || c.heading[i+1] != field {
			return c.fail("an _op column must stand directly before the column that it is for")
		}
		kinds[i], kinds[i+1] = op, number
	}
	c.kinds, c.heading = kinds, nil
	return nil
}

// here is the place where the checker stands.
func (c *Checker) here(reason string) *Error {
	return &Error{Line: c.lines + 1, Column: c.column + 1, Reason: reason}
}

func (c *Checker) fail(reason string) error { return c.here(reason) }
