#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev run ["PROMPT" [OPTION...]]: from a fresh machine to one real agent run, with no key. The
# options go to `orchestrator run`.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

prompt="${1:-Say hello and tell me in one sentence what you are.}"
[ $# -eq 0 ] || shift
program=build/release/bin/orchestrator
settings=()

ensure_packages build
check_toolchain
bash tools/dev/encodings.sh ensure || warn "token counts are estimates (the reason is above)."
build_preset release orchestrator

# The model is real where it can be had; where it cannot, nothing pretends to be one.
heading "local model"
if bash tools/dev/local_model.sh ensure >&2; then
    model=local/smollm2-135m-instruct
    # What the makers of this model recommend, and not too many words: so small a model rambles when left to itself.
    settings=(--max-output-tokens 200 --set temperature=0.2 --set top_p=0.9)
else
    warn "the local model cannot be had here (the reason is above)."
    warn "What follows is a shipped script, examples/scripts/hello.json: NO MODEL IS BEHIND IT."
    model=scripted/examples/scripts/hello.json
fi

heading "orchestrator run --model $model"
status=0
"$program" run --model "$model" "${settings[@]}" "$@" "$prompt" || status=$?
[ "$status" -eq 0 ] || fail "the run ended with exit status $status" "$status"

run_id="$("$program" runs list --json --limit 1 2>/dev/null | grep -oE 'run_[0-9A-Za-z]{26}' | head -n 1 || true)"
run_id="${run_id:-@last}"
heading "run id: $run_id"
cat >&2 <<TEXT
Try next:
  $program runs show $run_id         what happened, with usage and latencies
  $program runs events $run_id       every event of it
  $program chat --model $model
  $program run --help
TEXT
