package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// outcome is the result of a mutant.
type outcome int

const (
	killed outcome = iota
	timedOut
	invalid
	survived
	accepted
)

// variable is the environment variable with the number of the mutant.
const variable = "MUTATE"

// leastTime is what every run of the tests gets, since others run beside it.
const leastTime = 20 * time.Second

// trial tries the mutants of a package.
type trial struct {
	settings
	pkg    *pkg
	joint  string       // directory of what is compiled once
	apart  map[int]bool // mutants that are compiled on their own
	suites []suite
}

// suite is one run of the tests of a package. A mutant meets the suites in turn.
type suite struct {
	path, dir string
	flag      string
	limit     time.Duration
}

// mutatePackage tries the mutants of a package.
func (s settings) mutatePackage(ctx context.Context, p *pkg, all []mutant, report *report) error {
	directory, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	t := &trial{settings: s, pkg: p, joint: directory, apart: map[int]bool{}}
	together, rest := all, []mutant(nil)
	if s.apart {
		together, rest = nil, all
	}
	sources, more, err := p.join(together)
	if err != nil {
		return err
	}
	if err := overlay(directory, sources); err != nil {
		return err
	}
	invalids := map[int]bool{}
	for _, one := range append(rest, more...) {
		t.apart[one.number] = true
		invalids[one.number] = len(p.check(map[string][]byte{one.file: p.changed(one)}).faults) > 0
	}
	if err := t.unchanged(ctx); err != nil {
		return err
	}
	report.begin(len(all), len(t.apart))
	t.tryAll(ctx, all, func(one mutant) {
		if invalids[one.number] {
			report.note(one, invalid)
			return
		}
		report.note(one, t.try(ctx, one))
	})
	return ctx.Err()
}

// tryAll tries mutants, some at a time.
func (s settings) tryAll(ctx context.Context, all []mutant, try func(mutant)) {
	queue := make(chan mutant)
	var wg sync.WaitGroup
	for range s.workers {
		wg.Go(func() {
			for one := range queue {
				try(one)
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

// unchanged compiles the tests and finds out how long they take. They have to
// pass while no switch is on: nothing could be told from mutants otherwise.
func (t *trial) unchanged(ctx context.Context) error {
	flags := []string{"-test.run=."}
	if t.skip != "" {
		flags = []string{"-test.skip=" + t.skip, "-test.run=" + t.skip}
	}
	for _, path := range append([]string{t.pkg.path}, t.also...) {
		dir, err := t.command(ctx, "list", "-f={{.Dir}}", path).Output()
		if err != nil {
			return fmt.Errorf("go list %s: %w", path, err)
		}
		for _, flag := range flags {
			one := suite{path, strings.TrimSpace(string(dir)), flag, t.timeout}
			binary, err := t.binary(ctx, t.joint, path)
			if err != nil {
				return err
			}
			var output bytes.Buffer
			start := time.Now()
			if result := one.run(ctx, binary, 0, &output); result != survived {
				return fmt.Errorf("the tests of %s fail without a change:\n%s", path, &output)
			}
			one.limit = min(t.timeout, max(leastTime, 10*time.Since(start)))
			t.suites = append(t.suites, one)
		}
	}
	return nil
}

// try runs the suites until one fails.
func (t *trial) try(ctx context.Context, one mutant) outcome {
	directory := t.joint
	if t.apart[one.number] {
		var err error
		if directory, err = os.MkdirTemp("", "mutate"); err != nil {
			return invalid
		}
		defer func() { _ = os.RemoveAll(directory) }()
		if err := overlay(directory, map[string][]byte{one.file: t.pkg.changed(one)}); err != nil {
			return invalid
		}
	}
	for _, suite := range t.suites {
		binary, err := t.binary(ctx, directory, suite.path)
		if err != nil {
			return invalid
		}
		if result := suite.run(ctx, binary, one.number, nil); result != survived {
			return result
		}
	}
	return survived
}

// run runs the tests with one switch on. Whatever they have started ends with
// them, and a mutant that takes all memory gets no more than 4 GB. Their own
// timeout ends them if this command was killed.
func (s suite) run(ctx context.Context, binary string, number int, output io.Writer) outcome {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", `ulimit -v 4000000; exec "$@"`, "sh",
		binary, "-test.failfast", "-test.paniconexit0", "-test.timeout="+(s.limit+time.Second).String(), s.flag)
	command.Dir, command.Stdout, command.Stderr = s.dir, output, output
	command.Env = append(command.Environ(), variable+"="+strconv.Itoa(number))
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.Cancel, command.WaitDelay = end, time.Second
	err := command.Run()
	if command.Process != nil {
		_ = end()
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return timedOut
	case err != nil:
		return killed
	}
	return survived
}

func (s settings) command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = s.root
	return command
}

// binary returns the tests of a package, compiled with the overlay of a directory.
func (s settings) binary(ctx context.Context, directory, path string) (string, error) {
	name := filepath.Join(directory, strings.ReplaceAll(path, "/", "_")+".test")
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	output, err := s.command(ctx, "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+filepath.Join(directory, "overlay.json"), "-o="+name, path).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the tests of %s do not compile: %w\n%s", path, err, output)
	}
	return name, nil
}

// changed returns the source of a file with a mutant.
func (p *pkg) changed(one mutant) []byte {
	source := p.files[one.file]
	return bytes.Join([][]byte{source[:one.start], []byte(one.after), source[one.end:]}, nil)
}

// overlay writes sources, and the overlay that puts them in place.
func overlay(directory string, sources map[string][]byte) error {
	replace := map[string]string{}
	for name, source := range sources {
		replace[name] = filepath.Join(directory, filepath.Base(name))
		if err := os.WriteFile(replace[name], source, 0o600); err != nil {
			return err
		}
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "overlay.json"), text, 0o600)
}
