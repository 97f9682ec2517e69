// Package bench measures what must stay small however much data passes
// through. It is a module of its own, so that nobody downloads it, and holds
// benchmarks only:
//
//	go test -bench . -benchtime 1x
package bench

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// heapGrowthLimit is what an iteration may add to the heap, the fake server's
// own work included.
const heapGrowthLimit = 32 << 20

// BenchmarkUsers iterates over user lists of growing length. The peak of the
// heap must not grow with them.
func BenchmarkUsers(b *testing.B) {
	for _, users := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) { iterateUsers(b, users) })
	}
}

func iterateUsers(b *testing.B, users int) {
	srv := returningaitest.NewServer(b, returningaitest.WithoutSeed(), returningaitest.WithRequestLogLimit(0),
		returningaitest.WithUserSource(users, func(number int) returningaitest.User {
			return returningaitest.User{Email: fmt.Sprintf("user-%d@example.com", number), FirstName: "Ada", LastName: "Lovelace", XP: float64(number)}
		}))
	filter := integration.UserFilter{
		Fields: []integration.Column{integration.ColumnEmail, integration.ColumnFirstName, integration.ColumnLastName, integration.ColumnXP},
	}
	all := srv.Client().Integration.Users.All(b.Context(), filter)
	var peak uint64
	for b.Loop() {
		before := heap()
		found := 0
		for row, err := range all {
			if err != nil {
				b.Fatal(err)
			}
			xp, err := row.Int(integration.ColumnXP)
			if err != nil || xp != int64(found) {
				b.Fatalf("row %d holds %d: %v", found, xp, err)
			}
			if found++; found%1000 == 0 {
				peak = max(peak, max(before, used())-before)
			}
		}
		if found != users {
			b.Fatalf("%d users were found", found)
		}
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(users)*float64(b.N)/b.Elapsed().Seconds(), "users/s")
	if peak > heapGrowthLimit {
		b.Fatalf("the heap grew by %d bytes", peak)
	}
}

// heap returns the bytes that are reachable.
func heap() uint64 {
	runtime.GC()
	return used()
}

// used returns the bytes of the heap in use, garbage included.
func used() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
