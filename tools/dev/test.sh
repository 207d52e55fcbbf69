#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev test [--fast|--deep] [--filter RE] [--list]: installs what the suites need, then runs those of
# tools/dev/suites.txt. Ends with "N passed, N failed, N skipped"; exit 1 if anything failed.
set -euo pipefail
for part in terminal packages toolchain; do . "tools/dev/$part.sh"; done

groups=(build test)
for argument in "$@"; do
    [ "$argument" != --deep ] || groups+=(deep)
done
ensure_packages "${groups[@]}"
check_toolchain
# Without them the tests of exact token counts are skipped.
bash tools/dev/encodings.sh ensure || true
PYTHONPATH=tools PYTHONDONTWRITEBYTECODE=1 exec python3 -m dev.test_command "$@"
