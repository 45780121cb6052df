# shellcheck shell=bash
# What every script here shares: steps with a duration, installs that are tried again, assertions that are not.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Where cargo puts what it builds.
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac

logs=$target/logs
failed=()
steps=0
is_last_ok=yes

# say TEXT: one line for the person, apart from what tools print.
say() { printf '== %s\n' "$*"; }

# die TEXT: says it and ends.
die() { printf '== %s\n' "$*" >&2; exit 1; }

# step NAME COMMAND…: runs it once, shows what it prints, notes how it ended. Goes on after a failure.
step() {
  local name=$1 begun=$SECONDS
  shift
  steps=$((steps + 1))
  mkdir -p "$logs"
  say "$name"
  if "$@" 2>&1 | tee "$logs/${name// /-}.log"; then
    is_last_ok=yes
    say "$name: ok, $((SECONDS - begun)) s"
  else
    is_last_ok=no
    failed+=("$name")
    say "$name: FAILED, $((SECONDS - begun)) s"
  fi
}

# must NAME COMMAND…: a step without which the next ones mean nothing.
must() {
  step "$@"
  if [ $is_last_ok = no ]; then finish; fi
}

# finish: names what failed and ends with the verdict.
finish() {
  if [ ${#failed[@]} -gt 0 ]; then
    die "$((steps - ${#failed[@]})) of $steps steps ok; failed: $(printf '%s; ' "${failed[@]}")"
  fi
  say "all $steps steps ok in $SECONDS s"
  exit 0
}

# alone COMMAND…: with mounts of its own where it may have them. A disk whose plug is pulled lives on for as long as any
# other process copied the mounts, as those do that make up a machine with cards.
alone() {
  if unshare --mount --propagation private true 2>/dev/null; then
    unshare --mount --propagation private "$@"
  else
    "$@"
  fi
}

# retry COMMAND…: for installs only, because networks fail; three tries.
retry() {
  local try
  for try in 1 2 3; do
    if "$@"; then return 0; fi
    [ "$try" -eq 3 ] || sleep $((try * 3))
  done
  return 1
}

# build CRATE…: release builds; in a terminal, cargo shows how far it is.
build() {
  local crates=("${@/#/--package=}") quiet=--quiet
  if [ -t 2 ]; then quiet=; fi
  say "building $* (some minutes the first time)"
  cargo build --release ${quiet:+"$quiet"} "${crates[@]}"
}

# open_files COUNT: lets this process and its children hold so many at once: each viewer is one on either side.
open_files() {
  if [ "$(ulimit -n)" != unlimited ] && [ "$(ulimit -n)" -lt "$1" ]; then
    ulimit -Sn "$1" 2>/dev/null || die "at most $(ulimit -Hn) files may be open, $1 are needed: raise nofile in /etc/security/limits.conf"
  fi
}
