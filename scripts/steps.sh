# shellcheck shell=bash
# The steps that `make check` and `make test` share. Sourced after lib.sh.

check_steps() {
  step "format" cargo fmt --all --check
  step "lints" cargo clippy --workspace --all-targets --keep-going --quiet -- -D warnings
  step "rooms" cargo xtask rooms
  step "style" cargo xtask style
  step "licences" cargo xtask licences
  # Where it is at hand: Debian has it as a package, and no build depends on it.
  if command -v shellcheck >/dev/null; then
    step "shell" shellcheck scripts/{autobahn,bench,bench-backup,bench-camera,bench-web,check,dev,example,fuzz,run,schemathesis,servers,test,torture}.sh e2e/run.sh web/test.sh .ci/run
  fi
  step "contract" contract
  # Bans too, where cargo-deny is at hand. Advisories need its database, which changes by itself: not part of a test.
  if command -v cargo-deny >/dev/null; then step "deny" cargo deny --offline --log-level error check bans licenses sources; fi
}

# What is generated from the wire's types is what is committed. Built apart: the product has no schemas in it.
contract() {
  cargo clippy -p kilat-contract --features generate --all-targets --quiet -- -D warnings &&
    cargo test -p kilat-contract --features generate --quiet &&
    cargo contract --check
}

rust_steps() {
  # One build for all tests; the page's tests and the fault tests drive this very binary.
  must "build" cargo build --workspace --all-targets --quiet
  export KILAT_BIN=$target/debug/kilat
  # Most of them wait, for disks, clocks and each other: twice as many at once as there are cores.
  RUST_TEST_THREADS=$((2 * $(nproc)))
  export RUST_TEST_THREADS NEXTEST_TEST_THREADS=$RUST_TEST_THREADS
  if command -v cargo-nextest >/dev/null; then
    step "tests" cargo nextest run --workspace --no-fail-fast
  else
    step "tests" cargo test --workspace --all-targets --no-fail-fast
  fi
  step "examples in the documentation" cargo test --workspace --doc --quiet
}

# A short look at what `make torture` and `make bench` do at length, so that neither rots. Kills are among the tests.
short_steps() {
  step "torture, short" short_torture
  step "torture of backups, short" "$target/debug/torture" --servers 2 --lies 1 --meddling 1 --damage 6 --restores 4 \
    --seed "${KILAT_SEED:-$RANDOM}" --only servers --only lies --only meddling --only damage --only restore
  step "bench, short" short_bench
  step "bench of backups, short" "$target/debug/bench-backup" --quick
  step "bench of the wire, short" "$target/debug/bench-wire" --quick
}

# Nothing is judged in so short a time: those of cameras, who wait for each other, run beside.
short_bench() {
  local cameras status=0
  "$target/debug/bench-camera" --quick >"$logs/bench-camera.log" 2>&1 &
  cameras=$!
  "$target/debug/kilat-bench" --quick || status=1
  wait "$cameras" || status=1
  cat "$logs/bench-camera.log"
  return "$status"
}

# Hostile clients wait for the server's patience to end, and cameras for each other, beside what works the disks.
short_torture() {
  local hostile cameras status=0
  "$target/debug/torture" --only hostile --few >"$logs/hostile.log" 2>&1 &
  hostile=$!
  "$target/debug/torture" --only cameras --frames 24 --seed "${KILAT_SEED:-$RANDOM}" >"$logs/cameras.log" 2>&1 &
  cameras=$!
  alone "$target/debug/torture" --cycles 8 --planted 2 --faults 4 --backups 6 \
    --only backup --only planted --only cuts --only faults --only fsync || status=1
  wait "$hostile" || status=1
  wait "$cameras" || status=1
  cat "$logs/hostile.log" "$logs/cameras.log"
  return "$status"
}

# The page: its own package brings Biome, TypeScript and the browser's driver.
page_steps() {
  must "packages of the page" retry npm ci --silent --no-audit --no-fund --prefix e2e
  step "lints of the page" npm run --silent --prefix e2e --if-present lint
  step "types of the page" npm run --silent --prefix e2e --if-present types
  step "page" e2e/run.sh
  step "bench of the pages, short" web_bench --quick
}

# What the pages cost; the monitors' test page is built as a site would publish it.
web_bench() {
  BENCH_PAGES=$target/bench-web
  export BENCH_PAGES CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
  pnpm --dir web exec esbuild packages/react/test/page/main.tsx --bundle --minify --format=esm --jsx=automatic --target=es2022 \
    --log-level=warning '--define:process.env.NODE_ENV="production"' "--outfile=$BENCH_PAGES/monitors.js" &&
    node e2e/bench/main.js "$@"
}

# The packages of web/ and the dashboard, which the binary then holds: before anything of Rust is built.
web_build() {
  must "web, build" pnpm --dir web --silent run build
}

# The same, without a server: lints, types, sizes, what would be published.
web_checks() {
  step "web, lints" pnpm --dir web --silent run lint
  step "web, types" pnpm --dir web --silent run types
  step "web, sizes" pnpm --dir web --silent run size
  step "web, licences" pnpm --dir web --silent run licences
  step "web, packages" pnpm --dir web --silent run pack
}

# Their tests; one drives the program that KILAT_BIN names.
web_steps() {
  step "web" web/test.sh
}

# Sums what the runners counted. Benches and examples that cargo test runs count as nothing.
totals() {
  local file
  for file in "$logs/tests.log" "$logs/examples-in-the-documentation.log" "$logs/page.log" "$logs/web.log"; do
    if [ -f "$file" ]; then cat "$file"; fi
  done | sed 's/\x1b\[[0-9;]*m//g' | awk '
    function before(word) { return match($0, "[0-9]+ " word) ? substr($0, RSTART, RLENGTH) + 0 : 0 }
    /^ *Summary \[/ || /^test result:/ || /^[0-9]+ passed, [0-9]+ failed/ {
      passed += before("passed"); failed += before("failed") + before("timed out")
    }
    END { printf "%d passed, %d failed\n", passed, failed }'
}
