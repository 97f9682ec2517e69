// The program results runs the benchmarks of ../peers in short rounds, and
// writes what each SDK costs beside net/http and encoding/json on the same bytes
// into RESULTS.md and the README:
//
//	go run ./results          # in the directory bench
//	go run ./results -check   # writes nothing; fails if this SDK fell behind
//
// Costs are processor time, garbage collection included. Both sides of a ratio
// come from the same rounds, and are medians, so that other work on the machine
// changes neither much.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	resultsFile = "RESULTS.md"
	readmeFile  = "../README.md"
	own         = "returningai"
	byHand      = "-by-hand"
	// tolerance is how far a ratio may fall behind the recorded one.
	tolerance = 1.25
)

func main() {
	rounds := flag.Int("rounds", 20, "how often each benchmark runs")
	each := flag.Duration("time", 50*time.Millisecond, "how long each benchmark runs in a round")
	check := flag.Bool("check", false, "compare with "+resultsFile+" and write nothing")
	flag.Parse()
	if err := run(context.Background(), *rounds, *each, *check); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, each time.Duration, check bool) error {
	if check {
		return checkRecord(ctx, rounds, each)
	}
	results, err := measured(ctx, rounds, each)
	if err != nil {
		return err
	}
	page, err := document(ctx, results, rounds, each)
	if err != nil {
		return err
	}
	if err := os.WriteFile(resultsFile, []byte(page), 0o600); err != nil {
		return err
	}
	return updateReadme(results)
}

// checkRecord compares with the record. A machine with other work can spoil a
// measurement: only what falls behind three times fails.
func checkRecord(ctx context.Context, rounds int, each time.Duration) error {
	page, err := os.ReadFile(resultsFile)
	if err != nil {
		return err
	}
	recorded := readTable(string(page))
	for range 3 {
		var results []result
		if results, err = measured(ctx, rounds, each); err != nil {
			return err
		}
		if err = compare(results, recorded); err == nil {
			return nil
		}
	}
	return err
}

func measured(ctx context.Context, rounds int, each time.Duration) ([]result, error) {
	output, err := measure(ctx, rounds, each)
	if err != nil {
		return nil, err
	}
	results := summarize(output)
	if len(results) == 0 {
		return nil, fmt.Errorf("no benchmark ran:\n%s", output)
	}
	return results, nil
}

// measure runs every benchmark once a round: a slow minute of the machine then
// costs every row one sample, not one row all of them.
func measure(ctx context.Context, rounds int, each time.Duration) (string, error) {
	directory, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(directory) }() // the system clears it, too
	program := filepath.Join(directory, "peers.test")
	if message, err := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, "./peers").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, message)
	}
	var output bytes.Buffer
	for round := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
		command := exec.CommandContext(ctx, program, "-test.run=^$", "-test.bench=.", "-test.benchtime="+each.String())
		command.Stdout, command.Stderr = &output, &output
		if err := command.Run(); err != nil {
			return "", fmt.Errorf("%w: %s", err, output.String())
		}
	}
	return output.String(), nil
}

// result is what an SDK costs for a work.
type result struct {
	work, sdk string
	ratio     float64 // to the same by hand
	micros    float64
	allocs    string
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark(\w+)/(\S+?)(?:-\d+)?\s+\d+\s.*?([\d.]+) cpu-ns/op.*?(\d+) allocs/op`)

func summarize(output string) []result {
	type row struct{ work, sdk string }
	times, allocs := map[row][]float64{}, map[row]string{}
	var order []row
	for _, line := range benchmarkLine.FindAllStringSubmatch(output, -1) {
		at := row{line[1], line[2]}
		nanos, _ := strconv.ParseFloat(line[3], 64) // the expression matches numbers only
		if times[at] == nil {
			order = append(order, at)
		}
		times[at], allocs[at] = append(times[at], nanos), line[4]
	}
	var results []result
	for _, at := range order {
		hand := times[row{at.work, at.sdk + byHand}]
		if strings.HasSuffix(at.sdk, byHand) || hand == nil {
			continue
		}
		cost := median(times[at])
		results = append(results, result{at.work, at.sdk, cost / median(hand), cost / 1000, allocs[at]})
	}
	slices.SortFunc(results, func(a, b result) int {
		return slices.Index(order, row{a.work, a.sdk}) - slices.Index(order, row{b.work, b.sdk})
	})
	return results
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// compare fails if this SDK fell behind the recorded ratios.
func compare(results []result, recorded map[string]float64) error {
	var behind []string
	for _, r := range results {
		if !strings.HasPrefix(r.sdk, own) {
			continue
		}
		was, found := recorded[r.work+" "+r.sdk]
		fmt.Printf("%-16s %-28s %.2f, recorded %.2f\n", r.work, r.sdk, r.ratio, was)
		if !found || r.ratio > was*tolerance {
			behind = append(behind, fmt.Sprintf("%s %s: %.2f, recorded %.2f", r.work, r.sdk, r.ratio, was))
		}
	}
	if len(behind) > 0 {
		return fmt.Errorf("behind the record by more than 25 %%, or not in it:\n%s", strings.Join(behind, "\n"))
	}
	return nil
}

var tableLine = regexp.MustCompile(`(?m)^\| (\w+) \| (\S+) \| ([\d.]+) \|`)

// readTable returns the ratios of a table that document wrote.
func readTable(page string) map[string]float64 {
	ratios := map[string]float64{}
	for _, line := range tableLine.FindAllStringSubmatch(page, -1) {
		ratios[line[1]+" "+line[2]], _ = strconv.ParseFloat(line[3], 64) // the expression matches numbers only
	}
	return ratios
}

func document(ctx context.Context, results []result, rounds int, each time.Duration) (string, error) {
	versions, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "- {{.Path}} {{.Version}}",
		"github.com/google/go-github/v89", "github.com/stripe/stripe-go/v85", "github.com/slack-go/slack").Output()
	if err != nil {
		return "", err
	}
	var page strings.Builder
	fmt.Fprintf(&page, "# What a call costs\n\nMeasured on %s with %s on %s/%s by `go run ./results`: medians of %d rounds of %s.\n\n%s\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, rounds, each, versions)
	page.WriteString("The ratio is processor time, garbage collection included, against net/http and encoding/json by hand on the same bytes. " +
		"Calls run in memory, but for Loopback. Differences below 0.15 are ties.\n\n" +
		"| work | SDK | ratio | µs | allocations |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range results {
		fmt.Fprintf(&page, "| %s | %s | %.2f | %.1f | %s |\n", r.work, r.sdk, r.ratio, r.micros, r.allocs)
	}
	return page.String(), nil
}

// works are the rows of the README's table.
var works = []struct{ work, title string }{
	{"Get", "one object of 1 KB"},
	{"Post", "a request of 300 bytes"},
	{"List", "a list of 200 objects"},
	{"Loopback", "one object, 64 goroutines over loopback"},
	{"WebhookEvent", "a webhook: verify 2 KB and read the event"},
	{"WebhookHandler", "the same through an http.Handler"},
}

var peers = []string{own, "go-github", "stripe-go", "slack-go"}

const begin, end = "<!-- bench: written by bench/results -->\n", "<!-- /bench -->"

func updateReadme(results []result) error {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		return err
	}
	before, rest, opened := strings.Cut(string(readme), begin)
	_, after, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return fmt.Errorf("%s has no place for the table: %q to %q", readmeFile, begin, end)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "Measured on %s with %s.\n\n| work | %s |\n|%s\n",
		time.Now().UTC().Format(time.DateOnly), runtime.Version(), strings.Join(peers, " | "), strings.Repeat(" --- |", len(peers)+1))
	for _, w := range works {
		fmt.Fprintf(&table, "| %s |", w.title)
		for _, peer := range peers {
			cell := "–"
			for _, r := range results {
				if r.work == w.work && r.sdk == peer {
					cell = strconv.FormatFloat(r.ratio, 'f', 2, 64)
				}
			}
			fmt.Fprintf(&table, " %s |", cell)
		}
		table.WriteByte('\n')
	}
	return os.WriteFile(readmeFile, []byte(before+begin+table.String()+end+after), 0o600)
}
