#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench [NAME [ARGUMENT...]]: builds the target bench_NAME of bench/NAME and runs bench/NAME/run.sh,
# or the program itself where there is no such script. Programs are in build/release/bin.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

mapfile -t names < <(find bench -mindepth 2 -maxdepth 2 -name run.sh -printf '%h\n' 2>/dev/null | sed 's,.*/,,' | sort)
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
build_preset release "bench_$name"
if [ -f "bench/$name/run.sh" ]; then
    exec bash "bench/$name/run.sh" "$@"
fi
exec "build/release/bin/bench_$name" "$@"
