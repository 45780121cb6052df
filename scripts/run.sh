#!/usr/bin/env bash
# Builds Kilat and starts it with its own defaults; what is given here is given to `kilat serve`.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_rust
build kilat
exec "$target/release/kilat" serve "$@"
