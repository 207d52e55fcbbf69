#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev build [PRESET] [TARGET...]: binaries go to build/PRESET/bin.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

preset="${1:-release}"
[ $# -eq 0 ] || shift
case "$preset" in
    asan | tsan | fuzz) ensure_packages build test ;;
    *) ensure_packages build ;;
esac
check_toolchain
if [ "$preset" = fuzz ] && [ $# -eq 0 ]; then
    set -- fuzz_targets
fi
build_preset "$preset" "$@"
say "binaries: build/$preset/bin"
