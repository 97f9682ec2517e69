// Command mutate changes the code of packages in one small way at a time, and
// reports the changes that no test notices.
//
//	go run . -root ../.. -accept accepted-webhooks.txt ./webhooks
//
// A change is compiled through an overlay, so that the working tree stays as it
// is. A mutant that survives is a missing test, or it is equivalent to the code:
// then it belongs into the accepted list, with the reason.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"sync"
	"time"
)

// settings are the values of the flags.
type settings struct {
	root     string
	files    *regexp.Regexp
	funcs    *regexp.Regexp
	lines    string
	skip     string
	accepted map[string]string
	workers  int
	timeout  time.Duration
	list     bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	root := flags.String("root", ".", "directory of the module")
	files := flags.String("files", ".", "mutate files whose name matches this expression")
	funcs := flags.String("funcs", ".", "mutate functions whose name, such as Type.method, matches this expression")
	lines := flags.String("lines", "", "mutate these lines only, such as 10-20")
	skip := flags.String("skip", "", "tests that are run for survivors only, since they are slow")
	accept := flags.String("accept", "", "file of accepted mutants, each with its reason")
	workers := flags.Int("workers", max(1, runtime.NumCPU()/2), "mutants at a time")
	timeout := flags.Duration("timeout", 2*time.Minute, "of one run of the tests")
	list := flags.Bool("list", false, "list the mutants and end")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	set := settings{root: *root, lines: *lines, skip: *skip, workers: *workers, timeout: *timeout, list: *list}
	var err error
	if set.files, err = regexp.Compile(*files); err != nil {
		return err
	}
	if set.funcs, err = regexp.Compile(*funcs); err != nil {
		return err
	}
	if set.accepted, err = readAccepted(*accept); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return fmt.Errorf("name at least one package, such as ./webhooks")
	}
	return set.mutate(ctx, flags.Args(), out)
}

// mutate tries every mutant of the packages.
func (s settings) mutate(ctx context.Context, packages []string, out io.Writer) error {
	var all []mutant
	for _, path := range packages {
		found, err := s.find(ctx, path)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	report := &report{settings: s, out: out, total: len(all), counts: map[outcome]int{}, survivors: map[string]bool{}}
	if s.list {
		for _, one := range all {
			report.say("%s", one)
		}
		return nil
	}
	if err := s.unchanged(ctx, packages); err != nil {
		return err
	}
	s.tryAll(ctx, all, report)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return report.end(all)
}

// tryAll tries mutants, some at a time.
func (s settings) tryAll(ctx context.Context, all []mutant, report *report) {
	queue := make(chan mutant)
	var wg sync.WaitGroup
	for range s.workers {
		wg.Go(func() {
			for one := range queue {
				report.note(one, s.try(ctx, one))
			}
		})
	}
	for _, one := range all {
		if ctx.Err() != nil {
			break
		}
		queue <- one
	}
	close(queue)
	wg.Wait()
}
