#!/usr/bin/env bash
# The scripts of package.json for a developer: the Next.js example on port 3000, Kilat on 3001 (WS_PORT), from one place.
# dev, build, start: the example. ws:start: Kilat, optimised. ws:dev: Kilat, built in seconds. dev:full: both, with a made-up shoot.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

example=web/examples/nextjs-admin

# The packages of web/ and the example, installed and built.
site() {
  setup_web
  pnpm --dir web --silent run build
  retry pnpm --dir "$example" install --silent --frozen-lockfile ||
    die "the packages of $example/pnpm-lock.yaml cannot be had: is the network there, is the file up to date?"
}

# program COMMAND…: builds Kilat by it, and names what came out.
program() {
  local folder=$1
  shift
  setup_rust
  "$@"
  export KILAT_BIN=$target/$folder/kilat
}

case ${1:-} in
  dev | build | start)
    site
    exec node $example/scripts/run.mjs next "$1"
    ;;
  ws:start)
    setup_node
    program release build kilat
    exec node $example/scripts/run.mjs kilat serve
    ;;
  ws:dev)
    setup_node
    program debug cargo build --quiet --package kilat
    exec node $example/scripts/run.mjs kilat serve debug
    ;;
  dev:full)
    site
    program debug cargo build --quiet --package kilat
    exec node $example/scripts/run.mjs full
    ;;
  *) die "say what: dev, build, start, ws:start, ws:dev or dev:full" ;;
esac
