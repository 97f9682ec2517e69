package peers

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/returningai/returningai-go/internal/csvcheck"
)

// BenchmarkCheckCSV checks a megabyte of CSV, as a bulk job does, and reads it
// with encoding/csv. A file that can seek is checked twice.
func BenchmarkCheckCSV(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("email,xp_op,xp,name\n")
	for row := 0; file.Len() < 1<<20; row++ {
		fmt.Fprintf(&file, "user-%012d@example.com,add,%d,\"Löwe, the %dth\"\n", row, row%1000, row)
	}
	b.Run("returningai", func(b *testing.B) {
		loop(b, func(context.Context) (string, error) {
			checker := csvcheck.Checker{Ops: true}
			for at := 0; at < file.Len(); at += 64 << 10 {
				if err := checker.Check(file.Bytes()[at:min(at+64<<10, file.Len())]); err != nil {
					return "", err
				}
			}
			return last, checker.End()
		})
	})
	b.Run("returningai-by-hand", func(b *testing.B) {
		loop(b, func(context.Context) (string, error) {
			reader := csv.NewReader(bytes.NewReader(file.Bytes()))
			reader.ReuseRecord = true
			for {
				if _, err := reader.Read(); errors.Is(err, io.EOF) {
					return last, nil
				} else if err != nil {
					return "", err
				}
			}
		})
	})
}
