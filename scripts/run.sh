#!/usr/bin/env bash
# Builds Kilat and starts it with its own defaults; what is given here is given to `kilat serve`.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
say "building Kilat (some minutes the first time)"
cargo build --release --quiet -p kilat
exec "$target/release/kilat" serve "$@"
