#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that reads strangers' bytes: fuzz.sh [SECONDS [TARGET…]].
# Layout and flags are those of cargo-fuzz, which is not needed; findings stay in target/fuzz/findings.

source "$(dirname "$0")/lib.sh"
source scripts/setup.sh

seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then targets=(decoder client cursor present key manifest); fi
room=$target/fuzz
triple=$(rustc -vV | sed -n 's/^host: //p')

setup_rust
package c++ g++
say "building the fuzzers (some minutes the first time)"
# The compiler's coverage for libFuzzer. No sanitizer: no crate of ours has unsafe code that is reached here.
CARGO_TARGET_DIR=$room RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares" \
  cargo build --release --quiet --locked --manifest-path fuzz/Cargo.toml --target "$triple"

# fuzz TARGET: runs it for its time, from what earlier runs found interesting; says how much was tried.
fuzz() {
  local name=$1 log=$room/$1.log
  mkdir -p "$room/corpus/$name" "$room/findings"
  if ! "$room/$triple/release/$name" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$room/findings/$name-" "$room/corpus/$name" >"$log" 2>&1; then
    grep -E 'panicked|ERROR|SUMMARY|Test unit' "$log" || true
    say "fuzz $name: A FINDING, see $log"
    return 1
  fi
  say "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions in $seconds s, $(grep -o 'cov: [0-9]*' "$log" | tail -1), 0 findings"
}

found=no
for name in "${targets[@]}"; do fuzz "$name" || found=yes; done
[ $found = no ] || die "fuzzing found something"
