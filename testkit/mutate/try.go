package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// outcome is the result of a mutant.
type outcome int

const (
	killed outcome = iota
	invalid
	survived
	accepted
)

// unchanged fails if the tests fail without any change: nothing could be told
// from mutants then.
func (s settings) unchanged(ctx context.Context, packages []string) error {
	for _, path := range packages {
		if output, err := s.test(ctx, path, "", ""); err != nil {
			return fmt.Errorf("the tests of %s fail without a change: %w\n%s", path, err, output)
		}
	}
	return nil
}

// try runs the fast tests on a mutant, and all of them if it survives.
func (s settings) try(ctx context.Context, one mutant) outcome {
	directory, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return invalid
	}
	defer func() { _ = os.RemoveAll(directory) }()
	overlay, err := one.overlay(directory)
	if err != nil {
		return invalid
	}
	skips := []string{""}
	if s.skip != "" {
		skips = []string{s.skip, ""}
	}
	for _, skip := range skips {
		output, err := s.test(ctx, one.path, overlay, skip)
		switch {
		case bytes.Contains(output, []byte("[build failed]")), bytes.Contains(output, []byte("[setup failed]")):
			return invalid
		case err != nil:
			return killed
		}
	}
	return survived
}

// test runs the tests of a package once.
func (s settings) test(ctx context.Context, path, overlay, skip string) ([]byte, error) {
	// The process that hangs is ended by its own timeout, with its children.
	arguments := []string{"test", "-count=1", "-failfast", "-vet=off", "-ldflags=-s -w", "-timeout=" + s.timeout.String()}
	if overlay != "" {
		arguments = append(arguments, "-overlay="+overlay)
	}
	if skip != "" {
		arguments = append(arguments, "-skip="+skip)
	}
	command := exec.CommandContext(ctx, "go", append(arguments, path)...)
	command.Dir = s.root
	return command.CombinedOutput()
}

// overlay writes the changed file, and the overlay that puts it in place.
func (m mutant) overlay(directory string) (string, error) {
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	changed := bytes.Join([][]byte{source[:m.start], []byte(m.after), source[m.end:]}, nil)
	file := filepath.Join(directory, filepath.Base(m.file))
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {m.file: file}})
	if err != nil {
		return "", err
	}
	name := filepath.Join(directory, "overlay.json")
	return name, os.WriteFile(name, overlay, 0o600)
}
