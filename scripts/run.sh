#!/usr/bin/env bash
# Builds Kilat and starts it with its own defaults; what is given here is given to `kilat serve`.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
say "building Kilat (some minutes the first time)"
# In a terminal, cargo shows how far it is.
quiet=--quiet
[[ -t 2 ]] && quiet=
cargo build --release ${quiet:+"$quiet"} -p kilat
exec "$target/release/kilat" serve "$@"
