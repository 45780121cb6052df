#!/usr/bin/env bash
# The HTTP contract against the real program: schemathesis makes up calls, right and wrong, and judges the answers.
# Left out without a failure where Python or its packages cannot be had. KILAT_BIN names the program.

source "$(dirname "$0")/lib.sh"
: "${KILAT_BIN:?names the program, for example target/debug/kilat}"

version=4.32.5
venv=$target/schemathesis
examples=${1:-100}

# have: brings it, or says that there is none.
have() {
  if "$venv/bin/schemathesis" --version 2>/dev/null | grep -q "$version"; then return 0; fi
  command -v python3 >/dev/null || return 1
  say "installing schemathesis $version"
  python3 -m venv "$venv" && retry "$venv/bin/pip" install --quiet "schemathesis==$version"
}

if ! have; then
  say "schemathesis: left out, it cannot be had here"
  exit 0
fi

folder=$(mktemp -d)
server=
# Invoked by the trap.
# shellcheck disable=SC2329
end() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap end EXIT
mkdir "$folder/hot"
# A call that waits for news would wait for nothing. And of two cursors, the better known one counts: the other may be
# anything.
cat >"$folder/schemathesis.toml" <<'END'
[parameters]
"query.wait" = 0

[[operations]]
include-operation-id = ["getChannels", "getChannel"]
checks.negative_data_rejection.enabled = false
END
"$(realpath "$KILAT_BIN")" serve --data "$folder/data" --event Wedding --watch "$folder/hot" --to "$folder/out" \
  --listen 127.0.0.1:0 --ws-listen 127.0.0.1:0 >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 300); do
  if [ -s "$folder/data/ready.json" ]; then break; fi
  kill -0 "$server" 2>/dev/null || { cat "$folder/log"; die "the server ended"; }
  sleep 0.1
done
url=$(sed -n 's/.*"http":"\([^"]*\)".*/\1/p' "$folder/data/ready.json")
[ -n "$url" ] || die "the server never became ready"

# Left out: signing out ends the caller's own token, the socket is no HTTP call, and bytes of an upload are of a media
# type that it cannot write (`intake` has tests of those). Roles have a test of their own
# (`access`), and what a schema cannot say (a time that is over, a name that is taken) may be refused.
contract=$PWD/contract/openapi.json
# It keeps what it found beside where it runs.
cd "$folder"
"$venv/bin/schemathesis" run "$contract" --url "$url" \
  --header "Authorization: Bearer $(cat "$folder/data/key")" --max-examples "$examples" --request-timeout 20 \
  --exclude-operation-id signOut --exclude-operation-id openSocket \
  --exclude-operation-id beginUpload --exclude-operation-id addToUpload \
  --exclude-checks ignored_auth,positive_data_acceptance --warnings off --no-color
