#!/usr/bin/env bash
# Measures how photos come from cameras, beside the stock tools; what is given here is given to the bench.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
package gphoto2 gphoto2
build kilat kilat-bench
export KILAT_BIN=$target/release/kilat
exec "$target/release/bench-camera" "$@"
