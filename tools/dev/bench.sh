#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench [NAME] [ARGUMENTS]: bench/NAME/run.sh where there is one, else the program bench_NAME.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

mapfile -t names < <(find bench -mindepth 1 -maxdepth 1 \( -type d -o -name '*.cpp' \) -printf '%f\n' 2>/dev/null | sed 's/\.cpp$//' | sort -u)
if [ $# -eq 0 ]; then
    say "benchmarks: ${names[*]:-none}"
    say "run one with: ./dev bench NAME"
    exit 0
fi
name="$1"
shift
printf '%s\n' "${names[@]:-}" | grep -qx -- "$name" || fail "bench: unknown benchmark '$name' (there are: ${names[*]:-none})"
ensure_packages build bench
check_toolchain
configure_preset release -DORCHESTRATOR_BENCH=ON
if ninja -C build/release -t query "bench_$name" >/dev/null 2>&1; then
    build_preset release "bench_$name"
fi
if [ -f "bench/$name/run.sh" ]; then
    exec bash "bench/$name/run.sh" "$@"
fi
exec "build/release/bin/bench_$name" "$@"
