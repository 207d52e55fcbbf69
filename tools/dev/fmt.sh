#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev fmt [--check]: formats every C++ source that git knows of or would add.
set -euo pipefail
for part in terminal packages; do . "tools/dev/$part.sh"; done

check=no
case "${1:-}" in
    '') ;;
    --check) check=yes ;;
    *) fail "fmt: unknown argument '$1' (allowed: --check)" ;;
esac
command -v clang-format-19 >/dev/null || ensure_packages test

format() { # OPTION...
    git ls-files -z --cached --others --exclude-standard -- '*.cpp' '*.hpp' |
        while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done |
        xargs -0 --no-run-if-empty -n 32 clang-format-19 --style=file "$@"
}

if [ "$check" = no ]; then
    format -i
    exit 0
fi
unformatted="$(format --dry-run 2>&1 | sed -n 's/^\([^: ]*\):[0-9].*code should be clang-formatted.*/\1/p' | sort -u)"
[ -n "$unformatted" ] || exit 0
printf '%s: error: not formatted; run ./dev fmt\n' $unformatted
exit 1
