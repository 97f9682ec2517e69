package csvcheck_test

import (
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/csvcheck"
)

// check checks a file in pieces of the given sizes, the last of which repeats,
// as one without a byte order mark.
func check(file string, sizes ...int) (int64, error) {
	checker := csvcheck.Checker{Ops: true}
	rest := []byte(strings.TrimPrefix(file, "\ufeff"))
	for i := 0; len(rest) > 0; i++ {
		size := max(1, min(len(rest), sizes[min(i, len(sizes)-1)]))
		if err := checker.Check(rest[:size]); err != nil {
			return checker.Rows(), err
		}
		rest = rest[size:]
	}
	err := checker.End()
	return checker.Rows(), err
}

func TestMalformedFilesPosition(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000)
	for name, test := range map[string]struct {
		file   string
		line   int64
		column int
		reason string
	}{
		"nothing":                        {"", 1, 1, "the file is empty"},
		"only a byte order mark":         {"\ufeff", 1, 1, "the file is empty"},
		"no heading":                     {"\nann,1\n", 1, 1, "the line must not be empty"},
		"no rows":                        {"email,xp\n", 2, 1, "there are no rows"},
		"a nameless column":              {"email,,xp\na,b,1\n", 1, 2, "a column without a name"},
		"a blank name":                   {"email, \na,b\n", 1, 2, "a column without a name"},
		"an op behind a space":           {"email, xp_op,xp\na,multiply,five\n", 1, 2, "white space"},
		"a space behind an op":           {"email,xp_op ,xp\na,multiply,five\n", 1, 2, "white space"},
		"a column twice, with a space":   {"email,xp, email\na,1,b\n", 1, 3, "white space"},
		"a tab around a name":            {"\"email\t\",xp\na,1\n", 1, 1, "white space"},
		"a wide space around a name":     {"email,\u00a0xp\na,1\n", 1, 2, "white space"},
		"a comma too many":               {"email,xp,\na,1,\n", 1, 3, "a column without a name"},
		"a column twice":                 {"email,xp,email\na,1,b\n", 1, 3, "a column twice"},
		"semicolons":                     {"email;xp\na;1\n", 1, 1, "separated by commas"},
		"tabs":                           {"email\txp\na\t1\n", 1, 1, "separated by commas"},
		"a heading of two lines":         {"email,\"x\np\"\na,1\n", 1, 2, "must stand on one line"},
		"an endless heading":             {strings.Repeat("x", 1<<20+1), 1, 1, "longer than 1048576 bytes"},
		"a field too few":                {"a,b,c\n1,2,3\n1,2\n", 3, 3, "the row has 2 fields, the heading has 3"},
		"a field too many":               {"a,b\n1,2\n1,2,3\n", 3, 3, "more fields than the heading, which has 2"},
		"an empty field too many":        {"a,b\n1,2,", 2, 3, "more fields"},
		"an empty line":                  {"a,b\n1,2\n\n3,4\n", 3, 1, "the line must not be empty"},
		"an empty line, CRLF":            {"a\r\n1\r\n\r\n2\r\n", 3, 1, "the line must not be empty"},
		"an empty last line":             {"a,b\n1,2\n\n", 3, 1, "the line must not be empty"},
		"a bare quote":                   {"a,b\n1,x\"y\n", 2, 2, "a quote must not stand"},
		"a quote behind a space":         {"a,b\n1, \"y\"\n", 2, 2, "a quote must not stand"},
		"text behind quotes":             {"a,b\n\"1\" ,2\n", 2, 1, "must be doubled"},
		"a quote that is not doubled":    {"a,b\n\"1\"2\",3\n", 2, 1, "must be doubled"},
		"an open quote":                  {"a,b\n1,2\n3,\"4\n5,6\n7,8\n", 3, 2, "never closed"},
		"an open quote at the end":       {"a,b\n1,\"", 2, 2, "never closed"},
		"a carriage return in a field":   {"a,b\n1,x\ry\n", 2, 2, "a carriage return"},
		"old line ends":                  {"a,b\r1,2\r", 1, 2, "a carriage return"},
		"a carriage return at the end":   {"a,b\n1,2\r", 2, 2, "a carriage return"},
		"two carriage returns":           {"a,b\n\"1\",\"2\"\r\r\n", 2, 2, "a carriage return"},
		"a NUL":                          {"a,b\n1,x\x00\n", 2, 2, "NUL"},
		"a NUL in quotes":                {"a,b\n1,\"x\x00\"\n", 2, 2, "NUL"},
		"Latin-1":                        {"a,b\n1,caf\xe9\n", 2, 2, "not valid UTF-8"},
		"a broken character":             {"a,b\n\xe2\x82,2\n", 2, 1, "not valid UTF-8"},
		"a character cut at the end":     {"a,b\n1,\xe2\x82", 2, 2, "not valid UTF-8"},
		"a surrogate":                    {"a\n\xed\xa0\x80\n", 2, 1, "not valid UTF-8"},
		"an overlong character":          {"a\n\xc0\xaf\n", 2, 1, "not valid UTF-8"},
		"a broken character in the head": {"a,\xff\n", 1, 2, "not valid UTF-8"},
		"UTF-16, little end":             {"\xff\xfea\x00,\x00", 1, 1, "UTF-16"},
		"UTF-16, big end":                {"\xfe\xff\x00a", 1, 1, "UTF-16"},
		"another file":                   {"PK\x03\x04\x14\x00", 1, 1, "NUL"},
		"an op in capitals":              {"id,xp_op,xp\n1,add,5\n2,ADD,5\n", 3, 2, "in lower case"},
		"an op with a space":             {"id,xp_op,xp\n1,add ,5\n", 2, 2, "in lower case"},
		"an unknown op":                  {"id,xp_op,xp\n1,multiply,5\n", 2, 2, "must be add, subtract or overwrite"},
		"no op":                          {"id,xp_op,xp\n1,,5\n", 2, 2, "must be add, subtract or overwrite"},
		"an endless op":                  {"id,xp_op,xp\n1," + long + ",5\n", 2, 2, "must be add, subtract or overwrite"},
		"an op that begins well":         {"id,xp_op,xp\n1,overwrite" + long + ",5\n", 2, 2, "must be add, subtract or overwrite"},
		"no number after an op":          {"id,xp_op,xp\n1,add,five\n", 2, 3, "must be a decimal number"},
		"nothing after an op":            {"id,xp_op,xp\n1,add,\n", 2, 3, "must be a decimal number"},
		"a number with separators":       {"id,xp_op,xp\n1,add,\"1,000\"\n", 2, 3, "must be a decimal number"},
		"a number with underscores":      {"id,xp_op,xp\n1,add,1_000\n", 2, 3, "must be a decimal number"},
		"a hexadecimal number":           {"id,xp_op,xp\n1,add,0x10\n", 2, 3, "must be a decimal number"},
		"infinity":                       {"id,xp_op,xp\n1,add,Inf\n", 2, 3, "must be a decimal number"},
		"a number beyond all bounds":     {"id,xp_op,xp\n1,add,1e999\n", 2, 3, "must be a decimal number"},
		"an endless number":              {"id,xp_op,xp\n1,add," + strings.Repeat("0", 401) + "\n", 2, 3, "must be a decimal number"},
		"a number that comes to nothing": {"id,xp_op,xp\n1,add,1e-999\n", 2, 3, "must be a decimal number"},
		"a point":                        {"id,xp_op,xp\n1,add,.\n", 2, 3, "must be a decimal number"},
		"an op column behind its column": {"id,xp,xp_op\n1,5,add\n", 1, 3, "directly before"},
		"an op column too early":         {"xp_op,id,xp\nadd,1,5\n", 1, 1, "directly before"},
		"an op column by itself":         {"id,xp_op\n1,add\n", 1, 2, "directly before"},
		"an op column for nothing":       {"id,_op\n1,add\n", 1, 2, "directly before"},
		"an op column for an op column":  {"x_op_op,x_op,x\nadd,add,1\n", 1, 2, "directly before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 2, 7, len(test.file) + 1} {
				_, err := check(test.file, size)
				failure, ok := errors.AsType[*csvcheck.Error](err)
				require.True(t, ok, "pieces of %d: %v", size, err)
				require.Contains(t, failure.Reason, test.reason)
				require.Equal(t, []int64{test.line, int64(test.column)}, []int64{failure.Line, int64(failure.Column)}, failure.Reason)
			}
		})
	}
}

func TestValidFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		rows int64
	}{
		"plain":                  {"a,b\n1,2\n3,4\n", 2},
		"no line end at the end": {"a,b\n1,2", 1},
		"CRLF":                   {"a,b\r\n1,2\r\n3,4\r\n", 2},
		"mixed line ends":        {"a,b\r\n1,2\n3,4\r\n", 2},
		"a byte order mark":      {"\ufeffa,b\n1,2\n", 1},
		"quotes":                 {"\"a\",\"b,c\"\n\"1\"\"2\",\"3\r\n4\"\n", 1},
		"a line end in quotes":   {"a,b\n1,\"x\ny\n\nz\"\n3,4\n", 2},
		"empty cells":            {"a,b,c\n,,\n\"\",,\"\"\n", 2},
		"one empty cell":         {"a\n\"\"\n", 1},
		"characters":             {"größe,名前\nü,日本\n😀,\"é\"\n", 2},
		"semicolons in cells":    {"a,b;c\n1;2,3\n", 1},
		"a marked cell":          {"a\n\ufeffx\n", 1},
		"ops":                    {"id,xp_op,xp,coins_op,coins\n1,add,5,subtract,-2.5\n2,overwrite,0,\"add\",\"1e3\"\n", 2},
		"numbers":                {"id,xp_op,xp\n1,add,+.5e1\n2,add,-5.\n3,add,0e-999\n4,add,-0.0\n5,add,1E308\n", 5},
		"numbers in full":        {"id,xp_op,xp\n1,add," + strings.Repeat("9", 300) + "\n2,add,0." + strings.Repeat("0", 300) + "1\n", 2},
		"an op without a column": {"id,operation,opxp\n1,x,y\n", 1},
		"a long cell":            {"a,b\n1," + strings.Repeat("x", 1<<20) + "\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{1, 3, len(test.file)} {
				rows, err := check(test.file, size)
				require.NoError(t, err)
				require.Equal(t, test.rows, rows)
			}
		})
	}
}

func TestFilesWithoutOps(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"email,co_op\na,yes\n", "xp_op,xp\nmultiply,five\n", "xp,xp_op\n1,\n"} {
		var checker csvcheck.Checker
		require.NoError(t, checker.Check([]byte(file)))
		require.NoError(t, checker.End())
		require.EqualValues(t, 1, checker.Rows())
		_, err := check(file, len(file))
		require.Error(t, err)
	}
}

func TestErrorIsSticky(t *testing.T) {
	t.Parallel()
	var checker csvcheck.Checker
	first := checker.Check([]byte("a,a\n"))
	require.Error(t, first)
	require.Equal(t, first, checker.Check([]byte("1,2\n")))
	require.Equal(t, first, checker.End())
	require.Zero(t, checker.Rows())
}

func TestWithoutMark(t *testing.T) {
	t.Parallel()
	failure := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		file io.Reader
		want string
		err  error
	}{
		"a mark":           {strings.NewReader("\ufeffab"), "ab", nil},
		"no mark":          {strings.NewReader("abcdef"), "abcdef", nil},
		"a short file":     {strings.NewReader("ab"), "ab", nil},
		"nothing":          {strings.NewReader(""), "", nil},
		"only a mark":      {strings.NewReader("\ufeff"), "", nil},
		"half a mark":      {strings.NewReader("\xef\xbb"), "\xef\xbb", nil},
		"two marks":        {strings.NewReader("\ufeff\ufeff"), "\ufeff", nil},
		"an error":         {io.MultiReader(strings.NewReader("abcd"), iotest.ErrReader(failure)), "abcd", failure},
		"an early error":   {io.MultiReader(strings.NewReader("a"), iotest.ErrReader(failure)), "a", failure},
		"an error at once": {iotest.ErrReader(failure), "", failure},
		"byte for byte":    {iotest.OneByteReader(strings.NewReader("\ufeffabc")), "abc", nil},
	} {
		got, err := io.ReadAll(csvcheck.WithoutMark(test.file))
		require.Equal(t, test.want, string(got), name)
		require.ErrorIs(t, err, test.err, name)
	}
	require.NoError(t, iotest.TestReader(csvcheck.WithoutMark(strings.NewReader("\ufeffa,b\n1,2\n")), []byte("a,b\n1,2\n")))
}

// FuzzCheckCSV holds the checker against encoding/csv and the rules that go
// beyond it, and checks that the pieces in which a file arrives do not matter.
func FuzzCheckCSV(f *testing.F) {
	for _, seed := range []string{
		"", "\ufeffa,b\n1,2\n", "a,b\r\n\"1\"\"\",2\r\n", "id,xp_op,xp\n1,add,5\n", "a\n\"x\ny\"\n", "a\n\n", "\n", "a,a\n",
		"id,xp_op,xp\n1,Add,5\n", "id,xp_op,xp\n1,add,1e-999\n", "id,xp_op,xp\n1,add,-0.0e-999\n", "a\n\"\n", "a\r", "a\n1\r", "a\n\"1\"\r\r\n", "a\nx\ry\n", "a;b\n1\n", "a\n\xff\n", "a\n\x00\n",
		"x_op_op,x_op,x\n", "a, b\n1,2\n", "a,b\n1\n", "a\n1,\n", "a\n\"\"", "a,b\n,\n", "a\n\"1\r\n2\"\n", "a\n\ufeff\n", "a\"\n", "\"a\nb\"\nc\n",
	} {
		f.Add(seed, uint8(3), uint8(1))
	}
	f.Fuzz(func(t *testing.T, file string, first, second uint8) {
		rows, whole := check(file, len(file)+1)
		for _, sizes := range [][]int{{1}, {int(first), int(second)}, {int(second), int(first), 1}} {
			again, pieces := check(file, sizes...)
			require.Equal(t, whole, pieces)
			require.Equal(t, rows, again)
		}
		wantRows, good := reference(strings.TrimPrefix(file, "\ufeff"))
		require.Equal(t, good, whole == nil, "%v", whole)
		if good {
			require.Equal(t, wantRows, rows)
			return
		}
		failure, ok := errors.AsType[*csvcheck.Error](whole)
		require.True(t, ok)
		require.Positive(t, failure.Line)
		require.LessOrEqual(t, failure.Line, int64(1+strings.Count(file, "\n")))
		require.Positive(t, failure.Column)
	})
}

// reference reports whether a file is valid, and counts its rows: with
// encoding/csv, and one rule after the other for what that forgives.
func reference(file string) (rows int64, good bool) {
	if !utf8.ValidString(file) || strings.ContainsRune(file, 0) || strings.HasSuffix(file, "\r") {
		return 0, false
	}
	reader := csv.NewReader(strings.NewReader(file))
	lines := strings.SplitAfter(file, "\n")
	var records [][]string
	for {
		rest := file[reader.InputOffset():]
		if strings.HasPrefix(rest, "\n") || strings.HasPrefix(rest, "\r\n") {
			return 0, false // an empty line, which encoding/csv skips
		}
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, false
		}
		for i, field := range record {
			line, column := reader.FieldPos(i)
			quoted := strings.HasPrefix(lines[line-1][column-1:], `"`)
			if !quoted && strings.Contains(field, "\r") || quoted && len(records) == 0 && strings.Contains(field, "\n") {
				return 0, false
			}
		}
		records = append(records, slices.Clone(record))
	}
	if len(records) < 2 {
		return 0, false
	}
	return int64(len(records) - 1), goodNames(records[0]) && goodOps(records)
}

func goodNames(names []string) bool {
	for i, name := range names {
		if name == "" || strings.TrimSpace(name) != name || slices.Index(names, name) != i {
			return false
		}
		if len(names) == 1 && strings.ContainsAny(name, ";\t") {
			return false
		}
	}
	return true
}

func goodOps(records [][]string) bool {
	names := records[0]
	for i, name := range names {
		field, op := strings.CutSuffix(name, "_op")
		if !op {
			continue
		}
		if i+1 >= len(names) || names[i+1] != field || strings.HasSuffix(field, "_op") {
			return false
		}
		for _, record := range records[1:] {
			if !slices.Contains([]string{"add", "subtract", "overwrite"}, record[i]) || !decimal(record[i+1]) {
				return false
			}
		}
	}
	return true
}

// decimal is a grammar of its own for numbers; only their size is left to
// strconv.
func decimal(text string) bool {
	if len(text) > 400 || !number.MatchString(text) {
		return false
	}
	value, err := strconv.ParseFloat(text, 64)
	return err == nil && (value != 0 || zero.MatchString(text))
}

var zero = regexp.MustCompile(`^[+-]?[0.]+([eE].*)?$`)

var number = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func TestLongIntegers(t *testing.T) {
	t.Parallel()
	for digits, valid := range map[int]bool{1: true, 300: true, 301: true, 308: true, 309: false, 400: false} {
		checker := csvcheck.Checker{Ops: true}
		err := checker.Check([]byte("id,xp_op,xp\n1,add," + strings.Repeat("9", digits) + "\n"))
		require.Equal(t, valid, err == nil, "%d digits: %v", digits, err)
	}
}
