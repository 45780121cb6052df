#!/usr/bin/env bash
# Builds Kilat and starts it with its own defaults; what is given here is given to `kilat serve`.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
setup_cameras
# Apart, so that a machine without Node still gets a server.
(setup_web && say "building the dashboard" && pnpm --dir web --silent run build) ||
  say "the dashboard cannot be built here: Kilat runs without it"
build kilat
exec "$target/release/kilat" serve "$@"
