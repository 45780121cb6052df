#!/usr/bin/env bash
# The tests of the packages of web/, in Node and in a real browser. KILAT_BIN names the program that some of them drive;
# CHROMIUM the browser.

set -euo pipefail
cd "$(dirname "$0")"
: "${KILAT_BIN:?names the program, for example target/debug/kilat}"
case $KILAT_BIN in /*) ;; *) KILAT_BIN=$(cd .. && pwd)/$KILAT_BIN ;; esac
export KILAT_BIN
# Some tests are of what a browser shows.
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
  echo "no browser: install chromium (apt-get install chromium), or name one in CHROMIUM" >&2
  exit 1
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
pnpm --recursive --if-present --workspace-concurrency=1 --reporter-hide-prefix run test >"$report" || status=$?
grep -E '^(not ok|ok)' "$report" || true
if [ "$status" != 0 ]; then grep -A40 -E '^ *not ok|error' "$report" || cat "$report"; fi
awk '/^# pass /{passed+=$3} /^# (fail|cancelled) /{failed+=$3} END{printf "%d passed, %d failed\n", passed, failed}' "$report"
exit "$status"
