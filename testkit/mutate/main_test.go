package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const fixture = "testdata/fixture"

// mutateFixture runs the command, and returns what it prints.
func mutateFixture(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append(append([]string{"-root", fixture}, arguments...), "."), &out)
	return out.String(), err
}

// accept writes a list of accepted mutants.
func accept(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "accepted.txt")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const (
	atLow  = "fixture.go Clamp: n < low => n <= low # both return low"
	atHigh = "fixture.go Clamp: n > high => n >= high # both return high"
	both   = "fixture.go Both: a && b => a"
)

// TestSurvivors reports the mutants that the fixture's tests miss, and no
// others.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	before, err := os.ReadFile(fixture + "/fixture.go")
	if err != nil {
		t.Fatal(err)
	}
	printed, err := mutateFixture(t)
	if err == nil || err.Error() != "3 survivors, 0 accepted for nothing" {
		t.Errorf("error %v", err)
	}
	for _, want := range []string{"SURVIVED fixture.go Clamp: n < low => n <= low", "SURVIVED fixture.go Clamp: n > high => n >= high", "SURVIVED " + both, "8 mutants: 5 killed, 0 not compiled, 0 accepted, 3 survived"} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is not in\n%s", want, printed)
		}
	}
	after, err := os.ReadFile(fixture + "/fixture.go")
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed: %v", err)
	}
}

// TestAccepted passes with the reasons, and fails for one that is not needed.
func TestAccepted(t *testing.T) {
	t.Parallel()
	list := accept(t, "# comment", "", atLow, atHigh)
	if printed, err := mutateFixture(t, "-accept", list, "-funcs", "^Clamp$"); err != nil {
		t.Errorf("error %v:\n%s", err, printed)
	}
	list = accept(t, atLow, atHigh, "fixture.go Both: a && b => b # not so")
	printed, err := mutateFixture(t, "-accept", list)
	if err == nil || err.Error() != "1 survivors, 1 accepted for nothing" {
		t.Errorf("error %v:\n%s", err, printed)
	}
	if _, err := mutateFixture(t, "-accept", accept(t, "fixture.go Clamp: n < low => n <= low")); err == nil || !strings.Contains(err.Error(), "without a reason") {
		t.Errorf("error %v", err)
	}
}

// TestFilters mutates only what it was told to.
func TestFilters(t *testing.T) {
	t.Parallel()
	for arguments, want := range map[string]int{
		"-funcs ^Both$": 2, "-files nowhere": 0, "-files fixture -lines 6-8": 3, "-skip TestBoth": 8,
	} {
		printed, err := mutateFixture(t, append(strings.Fields(arguments), "-list")...)
		if got := strings.Count(printed, "\n"); err != nil || got != want {
			t.Errorf("%s: %d mutants and error %v, want %d", arguments, got, err, want)
		}
	}
	if printed, err := mutateFixture(t, "-skip", "TestBoth", "-funcs", "^Both$"); err == nil || !strings.Contains(printed, "1 killed") {
		t.Errorf("a survivor of the fast tests meets the slow ones: %v\n%s", err, printed)
	}
}
