#!/usr/bin/env bash
# Measures event backups of a release build against cp, restic, rclone and boto3; what is given here is given to the bench.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
setup_servers
setup_backup_rivals
setup_fast_s3
build kilat kilat-bench
export KILAT_BIN=$target/release/kilat
exec "$target/release/bench-backup" "$@"
