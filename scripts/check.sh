#!/usr/bin/env bash
# Everything that needs no test run: format, lints, rooms, style, licences, the packages of web/.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh
source scripts/steps.sh

setup_rust
setup_web
check_steps
web_checks
finish
