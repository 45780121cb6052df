#!/usr/bin/env bash
# WebSocket conformance of the real program: the Autobahn testsuite against `kilat ws-echo`.
# The suite is written in Python 2.7, which Debian 11 was the last to carry: its packages are unpacked
# into target/, never installed. Where they cannot be had it says so, and is no failure.

source "$(dirname "$0")/lib.sh"

kilat=${KILAT_BIN:-$target/release/kilat}
room=$target/autobahn
packages=(python2.7-minimal libpython2.7-minimal libpython2.7-stdlib python2.7 libpython2.7-dev libssl1.1 libffi7 libreadline8
  python-pkg-resources python-setuptools python-pip-whl)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# Compression is not offered: frames are shared by all viewers as they stand.
cases='"1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*", "12.*", "13.*"'
if [ "${1:-}" = --quick ]; then cases='"1.*", "2.*", "3.*", "4.*", "5.*", "6.1.*", "6.2.*", "6.4.*", "7.*"'; fi

# skip REASON: says that the suite did not run, and why.
skip() { say "autobahn: skipped: $*"; exit 0; }

# python ARGUMENT…: the unpacked one, with what was installed for it.
python() {
  LD_LIBRARY_PATH=$room/unpacked/usr/lib/$triplet:$room/unpacked/lib/$triplet PYTHONPATH=$pythonpath PYTHONNOUSERSITE=1 \
    PYTHONDONTWRITEBYTECODE=1 "$room/unpacked/usr/bin/python2.7" "$@"
}

# From the mirror that this machine uses anyway, under another release's name, in a package state of its own.
unpack_python() {
  local mirror state=$room/apt
  command -v apt-get >/dev/null || skip "Debian's packages are needed, this is another system"
  [ -r $keys ] || skip "the keys of Debian's archive are not at $keys"
  # shellcheck disable=SC2016 # apt's own words, not the shell's
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/\?$') ||
    skip "no mirror of Debian among the package sources"
  mkdir -p "$state"/{lists,archives}/partial "$room/debs" "$room/unpacked"
  : >"$state/status"
  echo "deb [signed-by=$keys] $mirror bullseye main" >"$state/sources.list"
  local apt=(apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State="$state" -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state" -o Dir::Cache::archives="$state/archives")
  retry "${apt[@]}" update || skip "the package lists of Debian 11 cannot be had"
  (cd "$room/debs" && retry "${apt[@]}" download "${packages[@]}") || skip "Python 2.7 of Debian 11 cannot be had"
  local package
  for package in "$room"/debs/*.deb; do dpkg -x "$package" "$room/unpacked" || skip "cannot unpack $package"; done
}

# Twisted first: the suite's own library brings a plugin into Twisted's folder.
install_suite() {
  local pip=(-m pip install --quiet --no-build-isolation --no-compile --target "$room/site")
  rm -rf "$room/site"
  pythonpath=$(printf '%s:' "$room"/unpacked/usr/share/python-wheels/*.whl)
  python "${pip[@]}" --only-binary cryptography,cffi,zope.interface,markupsafe \
    txaio==2.1.0 twisted==20.3.0 klein==20.6.0 pyopenssl==21.0.0 cryptography==3.3.2 service-identity==21.1.0 \
    zope.interface==5.4.0 jinja2==2.11.3 markupsafe==1.1.1 werkzeug==1.0.1 unittest2==1.1.0 setuptools==44.1.1 &&
    python "${pip[@]}" --no-deps autobahn==0.10.9 autobahntestsuite==0.8.2
}

triplet=$(uname -m)-linux-gnu
pythonpath=
if ! [ -e "$room/complete" ]; then
  say "bringing the Autobahn testsuite"
  rm -rf "$room"
  unpack_python
  install_suite >"$room/install.log" 2>&1 || skip "the suite's Python packages cannot be had: $room/install.log"
  touch "$room/complete"
fi
pythonpath=$room/site

# Named by its port alone; bash reads it from the first line that the program prints.
exec {echo_out}< <(exec "$kilat" ws-echo --listen 127.0.0.1:0)
echo_pid=$!
trap 'kill $echo_pid 2>/dev/null || true' EXIT
read -r -t 20 address <&"$echo_out" || die "kilat ws-echo did not start"

reports=$room/reports
rm -rf "$reports"
mkdir -p "$reports"
printf '{"outdir": "%s", "servers": [{"agent": "kilat", "url": "%s"}], "cases": [%s], "exclude-cases": [], "exclude-agent-cases": {}}\n' \
  "$reports" "$address" "$cases" >"$room/spec.json"
# A case that hangs would hang for ever.
(
  cd "$room"
  ulimit -t 900
  python -c 'import site, sys
site.addsitedir(sys.argv.pop(1))
from autobahntestsuite.wstest import run
run()' "$room/site" -m fuzzingclient -s "$room/spec.json"
) >"$room/run.log" 2>&1 || die "the suite broke off: $room/run.log"

python - "$reports/index.json" <<'PY'
import collections, json, sys
index = json.load(open(sys.argv[1]))["kilat"]
order = lambda case: [int(part) for part in case.split(".")]
count = collections.Counter(result["behavior"] for result in index.values())
close = collections.Counter(result["behaviorClose"] for result in index.values())
for case in sorted(index, key=order):
    result = index[case]
    if result["behavior"] not in ("OK", "UNIMPLEMENTED") or result["behaviorClose"] not in ("OK", "INFORMATIONAL", "UNIMPLEMENTED"):
        print("%s: %s, close %s (%s)" % (case, result["behavior"], result["behaviorClose"], result["remoteCloseCode"]))
kinds = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")
print("autobahn: %d cases: %s" % (len(index), ", ".join("%d %s" % (count[kind], kind) for kind in kinds)))
sys.exit(1 if count["FAILED"] or close["FAILED"] or close["WRONG CODE"] or close["UNCLEAN"] or not index else 0)
PY
