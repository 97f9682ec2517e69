package csvcheck_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/internal/csvcheck"
)

// BenchmarkCheck checks rows of plain and quoted cells, an op and its number.
// It allocates nothing, however long the file is.
func BenchmarkCheck(b *testing.B) {
	rows := bytes.Repeat([]byte("someone@example.com,add,12,\"Löwe, the 3rd\",plain text of some length\n"), 1000)
	checker := csvcheck.Checker{Ops: true}
	require.NoError(b, checker.Check([]byte("email,xp_op,xp,name,text\n")))
	b.SetBytes(int64(len(rows)))
	b.ReportAllocs()
	for b.Loop() {
		if err := checker.Check(rows); err != nil {
			b.Fatal(err)
		}
	}
}
