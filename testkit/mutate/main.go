// Command mutate changes the code of packages in one small way at a time, and
// reports the changes that no test notices.
//
//	go run . -root ../.. -accept accepted-webhooks.txt ./webhooks
//
// All changes of a package are compiled at once, each behind a switch that the
// environment sets. One for which this is impossible is compiled on its own. An
// overlay holds the changed code, so that the working tree stays as it is.
//
// A mutant that survives is a missing test, or it is equivalent to the code:
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
	"strings"
	"syscall"
	"time"
)

// settings are the values of the flags.
type settings struct {
	root     string
	files    *regexp.Regexp
	funcs    *regexp.Regexp
	lines    string
	skip     string
	also     []string
	apart    bool
	accepted map[string]string
	workers  int
	timeout  time.Duration
	list     bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
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
	also := flags.String("also", "", "packages whose tests are run for survivors, such as ./a,./b")
	apart := flags.Bool("apart", false, "compile each mutant on its own, which is slow")
	accept := flags.String("accept", "", "file of accepted mutants, each with its reason")
	workers := flags.Int("workers", 2*runtime.NumCPU(), "mutants at a time")
	timeout := flags.Duration("timeout", 2*time.Minute, "limit of one run of the tests")
	list := flags.Bool("list", false, "list the mutants and end")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	set := settings{root: *root, lines: *lines, skip: *skip, apart: *apart, workers: *workers, timeout: *timeout, list: *list}
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
	if *also != "" {
		set.also = strings.Split(*also, ",")
	}
	if flags.NArg() == 0 {
		return fmt.Errorf("name at least one package, such as ./webhooks")
	}
	return set.mutate(ctx, flags.Args(), out)
}

// mutate tries every mutant of the packages.
func (s settings) mutate(ctx context.Context, paths []string, out io.Writer) error {
	report := &report{settings: s, out: out, counts: map[outcome]int{}, survivors: map[string]bool{}}
	var all []mutant
	for _, path := range paths {
		loaded, err := s.load(ctx, path)
		if err != nil {
			return err
		}
		found, err := s.find(loaded)
		if err != nil {
			return err
		}
		all = append(all, found...)
		if !s.list && len(found) > 0 {
			if err := s.mutatePackage(ctx, loaded, found, report); err != nil {
				return err
			}
		}
	}
	if s.list {
		for _, one := range all {
			report.say("%s", one)
		}
		return nil
	}
	return report.end(all)
}
