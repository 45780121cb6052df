#!/usr/bin/env bash
# The tests of the packages of web/, in Node. KILAT_BIN names the program that some of them drive.

set -euo pipefail
cd "$(dirname "$0")"
: "${KILAT_BIN:?names the program, for example target/debug/kilat}"
case $KILAT_BIN in /*) ;; *) KILAT_BIN=$(cd .. && pwd)/$KILAT_BIN ;; esac
export KILAT_BIN

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
pnpm --recursive --if-present --workspace-concurrency=1 --reporter-hide-prefix run test >"$report" || status=$?
grep -E '^(not ok|ok)' "$report" || true
if [ "$status" != 0 ]; then grep -A40 -E '^ *not ok|error' "$report" || cat "$report"; fi
awk '/^# pass /{passed+=$3} /^# (fail|cancelled) /{failed+=$3} END{printf "%d passed, %d failed\n", passed, failed}' "$report"
exit "$status"
