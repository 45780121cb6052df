#!/usr/bin/env bash
# Measures a release build against the plain tools, as ratios in one run; what is given here is given to the bench.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
build kilat kilat-bench
export KILAT_BIN=$target/release/kilat
exec "$target/release/kilat-bench" "$@"
