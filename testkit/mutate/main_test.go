package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
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
)

// survivors are what the fixture's tests miss.
var survivors = []string{
	"SURVIVED fixture.go Both: a && b => a (. line 18)",
	"SURVIVED fixture.go Clamp: n < low => n <= low (. line 8)",
	"SURVIVED fixture.go Clamp: n > high => n >= high (. line 11)",
	"SURVIVED fixture.go Sum#2: 0 => 1 (. line 26)",
	"SURVIVED fixture.go Sum: list[i] < 0 => list[i] <= 0 (. line 26)",
	"SURVIVED fixture.go Sum: sum == 0 && i == 0 => i == 0 (. line 26)",
	"SURVIVED fixture.go Sum: sum == 0 && i == 0 => sum == 0 (. line 26)",
}

// TestSurvivors reports the same mutants whether they are compiled together or
// each on its own, where two do not compile.
func TestSurvivors(t *testing.T) {
	t.Parallel()
	before, err := os.ReadFile(fixture + "/fixture.go")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		after, err := os.ReadFile(fixture + "/fixture.go")
		if err != nil || !bytes.Equal(before, after) {
			t.Errorf("the file was changed: %v", err)
		}
	})
	for _, one := range []struct{ apart, begin, end string }{
		{"-apart=false", "41 mutants, 1 of them compiled on their own", "41 mutants: 34 killed, 1 of them by a timeout, 0 not compiled, 0 accepted, 7 survived"},
		{"-apart", "41 mutants, 41 of them compiled on their own", "41 mutants: 32 killed, 1 of them by a timeout, 2 not compiled, 0 accepted, 7 survived"},
	} {
		t.Run(one.apart, func(t *testing.T) {
			t.Parallel()
			printed, err := mutateFixture(t, one.apart, "-timeout", "5s")
			if err == nil || err.Error() != "7 survivors, 0 accepted for nothing" {
				t.Errorf("error %v", err)
			}
			lines := strings.Split(strings.TrimSpace(printed), "\n")
			last := len(lines) - 1
			slices.Sort(lines[1:last])
			if lines[0] != one.begin || lines[last] != one.end || !slices.Equal(lines[1:last], survivors) {
				t.Error(printed)
			}
		})
	}
}

// TestAlso kills a survivor with the tests of a package that uses its package.
func TestAlso(t *testing.T) {
	t.Parallel()
	for _, apart := range []string{"-apart=false", "-apart"} {
		printed, err := mutateFixture(t, "-funcs", "^Both$", "-also", "./user", apart)
		if err != nil || !strings.Contains(printed, "2 mutants: 2 killed") {
			t.Errorf("%s: error %v:\n%s", apart, err, printed)
		}
	}
}

// TestFailing fails if the tests fail without a change.
func TestFailing(t *testing.T) {
	t.Parallel()
	if printed, err := mutateFixture(t, "-also", "./failing"); err == nil || !strings.Contains(err.Error(), "the tests of ./failing fail without a change") {
		t.Errorf("error %v:\n%s", err, printed)
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
	printed, err := mutateFixture(t, "-accept", list, "-funcs", "^(Clamp|Both)$")
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
		"-funcs ^Both$": 2, "-files nowhere": 0, "-files fixture -lines 8-10": 3, "-skip TestBoth": 41,
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
