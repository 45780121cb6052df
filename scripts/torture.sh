#!/usr/bin/env bash
# Kills, power cuts and faulty disks, some 20 minutes, then the live wire on a simulated network, 10,000 seeds; what is
# given here is given to the torture alone.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
package strace strace
build kilat kilat-bench kilat-sim
export KILAT_BIN=$target/release/kilat
if [ $# -gt 0 ]; then exec "$target/release/torture" "$@"; fi
"$target/release/torture"
"$target/release/sim" --planted --seeds 50
exec "$target/release/sim" --seeds 10000
