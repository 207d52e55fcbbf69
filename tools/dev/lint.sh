#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev lint [--tidy [FILE...]]: the rules of tools/lint; --tidy adds clang-tidy 19 on the named
# files, or on the sources that differ from HEAD.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

command -v python3 >/dev/null || ensure_packages build
PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 python3 -m lint .
case "${1:-}" in
    '') exit 0 ;;
    --tidy) shift ;;
    *) fail "lint: unknown argument '$1' (allowed: --tidy [FILE...])" ;;
esac
ensure_packages build tidy
configure_preset debug
if [ $# -eq 0 ]; then
    mapfile -t changed < <(git diff --name-only --diff-filter=d HEAD -- '*.cpp')
    set -- "${changed[@]}"
fi
[ $# -gt 0 ] || { say "clang-tidy: no changed source"; exit 0; }
heading "clang-tidy on $# files"
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 1 clang-tidy-19 --quiet -p build/debug
