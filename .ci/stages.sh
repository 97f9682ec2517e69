# shellcheck shell=bash
# What .ci/run and .ci/deep share: timed stages that all run whatever the others came to, a table of them at the end,
# and the stages that both have. Sourced, not run. Nothing is written to the working tree.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
exec </dev/null

# The module says Go 1.26; this is the other line it supports.
next_go=go1.27.4

# Workspaces are a developer's own. Stamping version control data into binaries fails in a clone that another user owns.
export GOWORK=off
GOFLAGS="$(go env GOFLAGS) -buildvcs=false" || exit 1
export GOFLAGS

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# The groups, or names, of the stages to run; all of them if there are none.
only=("$@")

# wanted GROUP NAME tells whether a stage is to be run. What prepares the machine always is.
wanted() {
  [ "${#only[@]}" -eq 0 ] || [ "$1" = prepare ] && return
  local one
  for one in "${only[@]}"; do
    case $one in "$1" | "$2") echo "$one" >>"$scratch/met" && return ;; esac
  done
  return 1
}

# stage GROUP NAME COMMAND... runs one stage in a shell of its own that stops at the first failure.
stage() {
  local group=$1 name=$2 began=$SECONDS result=ok
  shift 2
  wanted "$group" "$name" || return 0
  printf '\n=== %s: %s\n' "$group" "$name"
  (
    set -e
    "$@"
  )
  # shellcheck disable=SC2181 # "if stage" or "stage ||" would switch set -e off inside
  if [ $? -ne 0 ]; then
    result=FAILED
    printf '=== %s: %s FAILED\n' "$group" "$name"
  fi
  printf '%s\t%s\t%d\t%s\n' "$group" "$name" $((SECONDS - began)) "$result" >>"$scratch/results"
}

# finish GROUP=SECONDS... prints the table with the budget of each group, and ends the script. A slow machine goes
# over its budget in plain sight, but only a failed stage fails the run.
finish() {
  local one
  for one in "${only[@]}"; do
    grep -qxF -- "$one" "$scratch/met" 2>/dev/null || {
      echo "no stage or group is named $one"
      exit 2
    }
  done
  printf '\n%-9s %-34s %8s  %s\n' group stage seconds result
  awk -F '\t' '{ printf "%-9s %-34s %8d  %s\n", $1, $2, $3, $4 }' "$scratch/results"
  printf '\n'
  local budget
  for budget in "$@"; do
    awk -F '\t' -v group="${budget%=*}" -v budget="${budget#*=}" '
      group == "total" || $1 == group { spent += $3 }
      END { printf "%-9s %5d of %5d s%s\n", group, spent, budget, (spent > budget) ? "  OVER BUDGET" : "" }
    ' "$scratch/results"
  done
  if grep -q 'FAILED$' "$scratch/results"; then
    printf '\nFAILED:\n'
    awk -F '\t' '$4 == "FAILED" { printf "  %s: %s\n", $1, $2 }' "$scratch/results"
    exit 1
  fi
  printf '\nall stages passed\n'
}

# nested_modules lists the directories of the modules that are tested beside the root. tools only pins the linters.
nested_modules() {
  find . \( -name node_modules -o -name testdata -o -path ./tools \) -prune -o \
    -name go.mod -not -path ./go.mod -print | sed 's|^\./||; s|/go\.mod$||' | sort
}

# Nested modules, one a line, whose tests take more than 30 s from a cold cache: only .ci/deep tests and lints them.
deep_modules='examples/bulksync'
quick_modules() { nested_modules | grep -vxF "$deep_modules"; }

# A module that needs more than go test, such as another language, brings a script named run.
nested() {
  cd "$1"
  if [ -x run ]; then
    ./run
  else
    go test ./...
  fi
}

# c_compiler makes sure that the race detector, which links C, finds a compiler and the C library's headers.
c_compiler() {
  local compiler
  compiler=$(go env CC)
  if echo '#include <stdlib.h>' | $compiler -E - >/dev/null 2>&1; then
    $compiler --version | head -n 1
    return
  fi
  .ci/install gcc libc6-dev
}

# The README's test command, with the race detector.
race_tests() { CGO_ENABLED=1 go test -race "$@" ./...; }

# fuzz_targets prints "package target" for every fuzz target of the root module.
fuzz_targets() {
  local package file
  go list -f '{{range .TestGoFiles}}{{$.ImportPath}} {{$.Dir}}/{{.}}
{{end}}{{range .XTestGoFiles}}{{$.ImportPath}} {{$.Dir}}/{{.}}
{{end}}' ./... | while read -r package file; do
    [ -z "$file" ] || sed -nE "s|^func (Fuzz[A-Za-z0-9_]*)\([a-z]+ \*testing\.F\).*|$package \1|p" "$file"
  done | sort
}

# fuzz SECONDS [BUDGET] fuzzes every target for that long, or shorter where all of them would not fit into the budget.
# It runs on the newer Go: older ones now and then report the end of -fuzztime as a failure (go.dev/issue/75804).
fuzz() {
  local each=$1 budget=${2:-0} began=$SECONDS failed=0 overhead=1 package target left seconds
  fuzz_targets >"$scratch/fuzz-targets"
  left=$(wc -l <"$scratch/fuzz-targets")
  printf '%d fuzz targets\n' "$left"
  touch "$scratch/fuzz-began"
  while read -r package target; do
    seconds=$each
    if [ "$budget" -gt 0 ]; then
      # What compiling the targets so far has cost is already gone from the share of the others.
      seconds=$(((budget - (SECONDS - began)) / left - overhead))
      [ "$seconds" -le "$each" ] || seconds=$each
      [ "$seconds" -ge 1 ] || seconds=1
    fi
    left=$((left - 1))
    printf '%s %s, %d s\n' "$package" "$target" "$seconds"
    GOTOOLCHAIN=$next_go go test -run='^$' -fuzz="^$target\$" -fuzztime="${seconds}s" -parallel=2 "$package" </dev/null || failed=1
  done <"$scratch/fuzz-targets"
  # The working tree of a build machine is gone when someone wants to see the input that failed.
  find . -path '*/testdata/fuzz/*' -type f -newer "$scratch/fuzz-began" -print -exec cat {} \;
  return "$failed"
}

# working_tree fingerprints every file, ignored ones included: a stage that leaves anything behind shows.
working_tree() { find . -path ./.git -prune -o -type f -exec cksum {} + | sort -k 3; }

unchanged_tree() {
  working_tree >"$scratch/tree-after"
  diff "$scratch/tree-before" "$scratch/tree-after" || {
    echo "the run changed the working tree (< before, > after)"
    return 1
  }
}

working_tree >"$scratch/tree-before"
