package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const sample = `
BenchmarkGet/returningai-2         	     932	     48104 ns/op	     100 cpu-ns/op	    8596 B/op	      62 allocs/op
BenchmarkGet/returningai-by-hand-2 	    2929	     17628 ns/op	     50.0 cpu-ns/op	    5840 B/op	      46 allocs/op
BenchmarkGet/returningai-2         	     932	     48104 ns/op	     900 cpu-ns/op	    8596 B/op	      62 allocs/op
BenchmarkGet/returningai-by-hand-2 	    2929	     17628 ns/op	     50.0 cpu-ns/op	    5840 B/op	      46 allocs/op
BenchmarkGet/returningai-2         	     932	     48104 ns/op	     110 cpu-ns/op	    8596 B/op	      62 allocs/op
BenchmarkGet/returningai-by-hand-2 	    2929	     17628 ns/op	     70.0 cpu-ns/op	    5840 B/op	      46 allocs/op
BenchmarkGet/lonely-2         	     932	     48104 ns/op	     100 cpu-ns/op	    8596 B/op	      62 allocs/op
`

func TestSummarize(t *testing.T) {
	t.Parallel()
	require.Equal(t, []result{{"Get", "returningai", 2.2, 0.11, "62"}}, summarize(sample))
}

func TestReadTable(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]float64{"Get returningai": 2.2}, readTable("| work | SDK | ratio |\n| --- | --- | --- |\n| Get | returningai | 2.20 | 0.1 | 62 |\n"))
}

func TestCompare(t *testing.T) {
	t.Parallel()
	recorded := map[string]float64{"Get returningai": 1}
	for name, test := range map[string]struct {
		results []result
		fails   bool
	}{
		"at the limit":       {[]result{{work: "Get", sdk: "returningai", ratio: 1.25}}, false},
		"over the limit":     {[]result{{work: "Get", sdk: "returningai", ratio: 1.26}}, true},
		"not recorded":       {[]result{{work: "Post", sdk: "returningai", ratio: 0.1}}, true},
		"another SDK's loss": {[]result{{work: "Get", sdk: "go-github", ratio: 9}}, false},
	} {
		err := compare(test.results, recorded)
		require.Equal(t, test.fails, err != nil, name)
	}
}
