#!/usr/bin/env bash
# Made-up calls, kills, power cuts and faulty disks, some 20 minutes; what is given here is given to the torture.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
package strace strace
build kilat kilat-bench
export KILAT_BIN=$target/release/kilat
if [ $# -eq 0 ]; then scripts/schemathesis.sh; fi
exec "$target/release/torture" "$@"
