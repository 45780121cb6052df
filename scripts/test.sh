#!/usr/bin/env bash
# Everything that must hold: what `make check` looks at, all Rust tests, the page in a real browser, the packages of web/.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh
source scripts/steps.sh

setup_rust
setup_tests
setup_web
setup_servers
setup_peers
setup_backup_rivals
rm -rf "$logs"
check_steps
rust_steps
short_steps
page_steps
web_checks
web_steps
totals
finish
