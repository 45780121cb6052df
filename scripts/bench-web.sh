#!/usr/bin/env bash
# Measures what the pages cost, in a browser: calls, memory, frames, from the cause to the screen, the first load. What is
# given here is given to the bench. KILAT_BIN names the program; without it, it is built.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh
source scripts/steps.sh

setup_web
command -v chromium >/dev/null || command -v google-chrome >/dev/null || package chromium chromium
must "packages of the bench" retry npm ci --silent --no-audit --no-fund --prefix e2e
web_build
if [ -z "${KILAT_BIN:-}" ]; then
  setup_rust
  build kilat
  KILAT_BIN=$target/release/kilat
fi
export KILAT_BIN
web_bench "$@"
