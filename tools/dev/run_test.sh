#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `./dev run` as a new user does it: exit 0, an answer on stdout, a run id that can be looked up, and the
# same quickly a second time. Ends the local model's server that it started.
set -euo pipefail

folder="$(mktemp -d)"
passed=0 failed=0 skipped=0
trap 'bash tools/dev/local_model.sh stop >/dev/null 2>&1 || true; rm -rf "$folder"' EXIT
check() { # NAME COMMAND...
    local name="$1"
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        cat "$folder/out" "$folder/err"
    fi
}
run() { ./dev run "Say hello in one short sentence." >"$folder/out" 2>"$folder/err"; }
run_id() { grep -oE 'run_[0-9A-Za-z]{26}' "$folder/err" | tail -n 1; }
shows() { build/release/bin/orchestrator runs show "$(run_id)" >/dev/null; }
no_colour() { ! grep -q "$(printf '\033')" "$folder/out" "$folder/err"; }

check run run
check answer test -s "$folder/out"
check run_id_is_found shows
check no_colour_without_a_terminal no_colour
started=$SECONDS
check second_run run
echo "the second run took $((SECONDS - started)) s"
if grep -q "NO MODEL IS BEHIND IT" "$folder/err"; then
    skipped=1
    echo "skipped: the local model cannot be had here:"
    grep "cannot be had" "$folder/err" || true
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
