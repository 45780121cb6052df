#!/usr/bin/env bash
# Installs the servers that the tests of destinations beyond disks start: for cargo test without make test.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

setup_servers
say "the servers of the tests are there"
