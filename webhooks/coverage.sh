#!/usr/bin/env bash
# Fails unless every statement of verification, decryption and deduplication is covered by the
# tests of this package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

files='cipher|delivery|encoding|envelope|errors|guard|in_doubt|json|lease|memory_deduper|receiver|request|secrets|signature|verifier'
profile=$(mktemp)
trap 'rm -f "$profile"' EXIT

go test -coverprofile="$profile" . >/dev/null
# A line of the profile: file:from,to statements count
grep -E "/webhooks/($files)\.go:" "$profile" | awk '
	{ total += $2; if ($3 == 0) { missed += $2; print "not covered: " $1 } }
	END {
		if (total == 0) { print "no statements found"; exit 1 }
		printf "verification, decryption and deduplication: %d of %d statements covered\n", total - missed, total
		exit missed > 0
	}'
