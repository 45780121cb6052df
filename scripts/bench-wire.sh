#!/usr/bin/env bash
# Measures how Kilat and other servers reach thousands of viewers; what is given here is given to the bench.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
setup_peers
build kilat kilat-bench
export KILAT_BIN=$target/release/kilat
open_files 20000
exec "$target/release/bench-wire" "$@"
