#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev clean [--all]: removes build trees, packages and logs; --all what was fetched too: the local model, the rank files.
set -euo pipefail
. tools/dev/terminal.sh

targets=(build dist .dev/log)
case "${1:-}" in
    '') ;;
    --all) targets+=(.dev .local-model .encodings .benchmark-slice) ;;
    *) fail "clean: unknown argument '$1' (allowed: --all)" ;;
esac
if [ "${1:-}" = --all ] && [ -f tools/dev/local_model.sh ]; then
    bash tools/dev/local_model.sh stop >/dev/null 2>&1 || true
fi
rm -rf -- "${targets[@]}"
say "removed: ${targets[*]}"
