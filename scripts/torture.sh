#!/usr/bin/env bash
# Kills, power cuts, faulty disks, cameras whose cables are pulled, servers that lie, damaged backups, hostile clients,
# some 40 minutes; what is given here is given to the torture.
# Without arguments also the live wire on a simulated network (10,000 seeds), the conformance suite, and a minute of
# fuzzing for each fuzzer.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
package strace strace
# Who sends photos, and who judges what came of them.
package gphoto2 gphoto2
package curl curl
package lftp lftp
package python3 python3
setup_ascmhl
setup_restic
setup_servers
build kilat kilat-bench kilat-sim
export KILAT_BIN=$target/release/kilat
if [ $# -gt 0 ]; then
  alone "$target/release/torture" "$@"
  exit
fi
step "torture" alone "$target/release/torture"
step "simulation finds a planted bug" "$target/release/sim" --planted --seeds 50
step "simulation" "$target/release/sim" --seeds 10000
step "made-up calls" scripts/schemathesis.sh
step "conformance" scripts/autobahn.sh
step "fuzzing" scripts/fuzz.sh 60
finish
