#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev fmt [--check]: formats every C++ source that git knows of or would add.
set -euo pipefail
for part in terminal packages; do . "tools/dev/$part.sh"; done

mode=(-i)
case "${1:-}" in
    '') ;;
    --check) mode=(--dry-run --Werror) ;;
    *) fail "fmt: unknown argument '$1' (allowed: --check)" ;;
esac
command -v clang-format-19 >/dev/null || ensure_packages test
git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp' |
    xargs -0 --no-run-if-empty -P "$(nproc)" -n 16 clang-format-19 --style=file "${mode[@]}"
