#!/usr/bin/env bash
# Kills, power cuts and faulty disks, some 20 minutes; what is given here is given to the torture.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
package strace strace
build kilat kilat-bench
export KILAT_BIN=$target/release/kilat
exec "$target/release/torture" "$@"
