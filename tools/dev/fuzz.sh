#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev fuzz [TARGET] [--seconds N]: one target of tests/fuzz/, or all of them, as many at once as there are processors.
# The committed corpus is tests/fuzz/corpus/TARGET; what is found goes to build/fuzz/corpus/TARGET,
# a failing input to build/fuzz/artifacts/. Ends with "N passed, N failed, N skipped".
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

target='' seconds=60
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds="${2:-}"; shift 2 || fail "fuzz: --seconds needs a number" ;;
        -*) fail "fuzz: unknown option '$1' (allowed: --seconds N)" ;;
        *) target="$1"; shift ;;
    esac
done
[[ "$seconds" =~ ^[1-9][0-9]*$ ]] || fail "fuzz: --seconds takes a whole number above 0, not '$seconds'"

mapfile -t targets < <(find tests/fuzz -name '*.cpp' -printf '%f\n' 2>/dev/null | sed 's/\.cpp$//' | sort)
[ "${#targets[@]}" -gt 0 ] || fail "fuzz: there is no target in tests/fuzz"
if [ -n "$target" ] && [ "$target" != all ]; then
    printf '%s\n' "${targets[@]}" | grep -qx -- "$target" || fail "fuzz: unknown target '$target' (there are: ${targets[*]})"
    targets=("$target")
fi

ensure_packages build test
check_toolchain
build_preset fuzz "${targets[@]/#/fuzz_}"
export ASAN_SYMBOLIZER_PATH="${ASAN_SYMBOLIZER_PATH:-/usr/lib/llvm-19/bin/llvm-symbolizer}"
fuzz_one() { # NAME: its output goes to build/fuzz/NAME.log
    local name="$1" corpus="build/fuzz/corpus/$1" folders
    mkdir -p "$corpus" build/fuzz/artifacts
    folders=("$corpus")
    [ ! -d "tests/fuzz/corpus/$name" ] || folders+=("tests/fuzz/corpus/$name")
    "build/fuzz/bin/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build/fuzz/artifacts/$name-" "${folders[@]}" >"build/fuzz/$name.log" 2>&1
}

passed=0 failed=0 at_once="$(nproc)"
for ((first = 0; first < ${#targets[@]}; first += at_once)); do
    group=("${targets[@]:first:at_once}")
    say "==> fuzz ${group[*]} for $seconds s"
    jobs=()
    for name in "${group[@]}"; do
        fuzz_one "$name" &
        jobs+=("$!")
    done
    for index in "${!group[@]}"; do
        name="${group[index]}"
        if wait "${jobs[index]}"; then
            passed=$((passed + 1))
            continue
        fi
        failed=$((failed + 1))
        tail -n 30 "build/fuzz/$name.log"
        artifact="$(find build/fuzz/artifacts -name "$name-*" -printf '%T@ %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)"
        say "reproduce: build/fuzz/bin/fuzz_$name ${artifact:-(no artifact was written)}"
    done
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
