package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// uploadSize is the size of the file that is uploaded.
const uploadSize = 1 << 30

// residentGrowthLimit is what an upload may add to the memory of the whole
// process, the fake server included.
const residentGrowthLimit = 64 << 20

// BenchmarkUpload uploads 1 GiB of CSV from each kind of source and measures
// the peak of the process's resident memory. Client and fake server are one
// process; the server keeps nothing of rows that name nobody.
func BenchmarkUpload(b *testing.B) {
	b.Run("seekable", func(b *testing.B) { upload(b, func() io.Reader { return &generatedFile{} }) })
	b.Run("one-shot", func(b *testing.B) { upload(b, func() io.Reader { return struct{ io.Reader }{&generatedFile{}} }) })
	b.Run("cursor", func(b *testing.B) { upload(b, func() io.Reader { return integration.EncodeCursor(generatedRows()) }) })
}

func upload(b *testing.B, source func() io.Reader) {
	srv := returningaitest.NewServer(b, returningaitest.WithRequestLogLimit(0))
	users := srv.Client().Integration.Users
	var grown int64
	var last integration.BulkProgress
	b.SetBytes(uploadSize)
	for b.Loop() {
		before := forgetPeak(b)
		_, err := users.BulkUpdate(b.Context(), integration.BulkUpdateParams{
			CSV: source(), OnProgress: func(progress integration.BulkProgress) { last = progress },
		})
		if err != nil {
			b.Fatal(err)
		}
		grown = max(grown, status(b, "VmHWM")-before)
	}
	jobs := srv.BulkJobs()
	if job := jobs[len(jobs)-1]; job.Bytes != last.Bytes || job.Rows != last.Rows || job.Bytes < uploadSize {
		b.Fatalf("%d bytes, %d rows were received of %d bytes, %d rows", job.Bytes, job.Rows, last.Bytes, last.Rows)
	}
	b.ReportMetric(float64(grown)/(1<<20), "peak-rss-growth-MiB")
	b.ReportMetric(float64(last.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	if grown > residentGrowthLimit {
		b.Fatalf("the resident memory grew by %d bytes", grown)
	}
}

// forgetPeak gives back what memory it can, makes the kernel forget the peak
// of the resident memory, and returns what is resident now.
func forgetPeak(b *testing.B) int64 {
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Fatal("this system does not tell the peak of the resident memory, as Linux does: ", err)
	}
	return status(b, "VmRSS")
}

// status reads a number of bytes from the status of the process.
func status(b *testing.B, name string) int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		value, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		return kilobytes << 10
	}
	b.Fatalf("the status of the process has no %s", name)
	return 0
}

// generatedRow is one row of the files.
type generatedRow struct {
	Email string                   `csv:"email"`
	XP    integration.NumberChange `csv:"xp"`
	Name  string                   `csv:"name"`
}

const rowTemplate = "user-%012d@example.com,add,%d,\"Löwe, the %dth\"\n"

// shortestRow is how many bytes a row has at least.
const shortestRow = 50

// generatedRows gives rows for a file of uploadSize bytes and a little more.
func generatedRows() iter.Seq2[generatedRow, error] {
	return func(yield func(generatedRow, error) bool) {
		for number := range uploadSize / shortestRow {
			row := generatedRow{
				Email: fmt.Sprintf("user-%012d@example.com", number), XP: integration.Add(number % 1000), Name: fmt.Sprintf("Löwe, the %dth", number),
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// generatedFile is a file of uploadSize bytes and a little more, which is
// nowhere: it is made as it is read.
type generatedFile struct {
	made    int64 // bytes so far
	row     int64
	pending bytes.Buffer
}

func (f *generatedFile) Read(buffer []byte) (int, error) {
	if f.pending.Len() == 0 {
		if f.made >= uploadSize {
			return 0, io.EOF
		}
		if f.made == 0 {
			f.pending.WriteString("email,xp_op,xp,name\n")
		}
		for f.pending.Len() < 32<<10 {
			f.row++
			_, _ = fmt.Fprintf(&f.pending, rowTemplate, f.row, f.row%1000, f.row) // never fails
		}
		f.made += int64(f.pending.Len())
	}
	return f.pending.Read(buffer)
}

func (f *generatedFile) Seek(offset int64, whence int) (int64, error) {
	switch {
	case whence == io.SeekCurrent && offset == 0:
		return f.made - int64(f.pending.Len()), nil
	case whence == io.SeekStart && offset == 0:
		*f = generatedFile{}
		return 0, nil
	}
	return 0, errors.New("this file can go to its beginning only")
}
