#!/usr/bin/env bash
# The dashboard's tests in a real browser, against a fake server and the real program.
# KILAT_BIN names the program; CHROMIUM and FIREFOX the browsers.

set -euo pipefail
cd "$(dirname "$0")"
: "${KILAT_BIN:?names the program, for example target/debug/kilat}"
export KILAT_BIN
case $KILAT_BIN in /*) ;; *) KILAT_BIN=$(cd .. && pwd)/$KILAT_BIN ;; esac
export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
  echo "no browser: install chromium (apt-get install chromium), or name one in CHROMIUM" >&2
  exit 1
fi
export FIREFOX=${FIREFOX:-$(command -v firefox-esr || command -v firefox || true)}
if [ -z "$FIREFOX" ]; then
  echo "no second browser: install firefox-esr (apt-get install firefox-esr), or name one in FIREFOX" >&2
  exit 1
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
status=0
node --test --test-concurrency=3 --test-reporter=tap dashboard/*.test.js firefox/*.test.js >"$report" || status=$?
grep -E '^(not ok|ok)' "$report" || true
if [ "$status" != 0 ]; then grep -A40 '^not ok' "$report" || cat "$report"; fi
awk '/^# pass /{passed=$3} /^# (fail|cancelled) /{failed+=$3} END{printf "%d passed, %d failed\n", passed, failed}' "$report"
exit "$status"
