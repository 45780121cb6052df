#!/usr/bin/env bash
# Everything that needs no test run: format, lints, rooms, style, licences.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh
source scripts/steps.sh

setup_rust
check_steps
finish
