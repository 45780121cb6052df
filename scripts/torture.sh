#!/usr/bin/env bash
# Hours of kills, power cuts and faulty disks; what is given here is given to the torture.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
package strace strace
cargo build --release --quiet -p kilat -p kilat-bench
export KILAT_BIN=$target/release/kilat
exec "$target/release/torture" "$@"
