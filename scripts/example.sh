#!/usr/bin/env bash
# The Next.js example: with the packages as they would be published, built under React 18.2 and 19, and driven in a
# browser against the real program. KILAT_BIN names the program; without it, it is built.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

readonly page_port=${EXAMPLE_PORT:-3400} ws_port=${EXAMPLE_WS_PORT:-3401}
work=$target/example

# The packages as `pnpm publish` would send them.
# shellcheck disable=SC2317
packs() {
  pnpm --dir web --silent run build
  mkdir -p "$work/packs"
  pnpm --dir web/packages/client pack --out "$work/packs/client.tgz" >/dev/null
  pnpm --dir web/packages/react pack --out "$work/packs/react.tgz" >/dev/null
}

# example REACT: a copy of it with this React, built.
# shellcheck disable=SC2317
example() {
  local react=$1 folder=$work/react-$1
  mkdir -p "$folder"
  # What was installed there stays, but for our own packages.
  find "$folder" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} +
  tar -C web/examples/nextjs-admin --exclude=./node_modules --exclude=./.next --exclude='./.env*' --exclude=./pnpm-lock.yaml -cf - . | tar -C "$folder" -xf -
  sed -i -E -e 's#file:../../packages/([a-z]*)#file:../packs/\1.tgz#' \
    -e "s#\"(react|react-dom)\": \"[^\"]*\"#\"\1\": \"$react\"#" "$folder/package.json" "$folder/pnpm-workspace.yaml"
  retry pnpm --dir "$folder" install --silent --no-frozen-lockfile --prefer-offline &&
    NEXT_PUBLIC_WS_URL=ws://localhost:$ws_port/ws pnpm --dir "$folder" --silent run build
}

# drive REACT: its pages in a browser.
# shellcheck disable=SC2317
drive() {
  EXAMPLE=$work/react-$1 EXAMPLE_REACT=$1 EXAMPLE_PORT=$page_port EXAMPLE_WS_PORT=$ws_port \
    CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v google-chrome)} \
    node --test --test-reporter=spec e2e/example/nextjs.test.js
}

export NEXT_TELEMETRY_DISABLED=1
setup_web
command -v chromium >/dev/null || command -v google-chrome >/dev/null || package chromium chromium
if [ -z "${KILAT_BIN:-}" ]; then
  setup_rust
  must "build of kilat" cargo build --quiet --package kilat
  KILAT_BIN=$target/debug/kilat
fi
export KILAT_BIN
must "packages of the driver" retry npm ci --silent --no-audit --no-fund --prefix e2e
must "packages as published" packs
for react in 18.2.0 19.2.0; do
  must "example under React $react" example "$react"
  step "React $react in a browser" drive "$react"
done
finish
