#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Same inputs, same bytes: builds event, codec, kernel and sim with clang-19 and g++, each at -O0 and -O2, without
# Asio (a release build that is there serves as one of the four), lets each write the journals of the same seeds (one
# in eight answers comes as bytes of a stream and through the decoder), and compares them byte by byte. Before that it
# makes sure that the builds differ as they should.
# Ends with "N passed, N failed, N skipped".
#
#   bash tests/bytes/run.sh BUILD_DIR [SEEDS [BUILD...]]    without BUILD: all four
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
[ $# -ge 1 ] || {
    echo "usage: bash tests/bytes/run.sh BUILD_DIR [SEEDS [BUILD...]]" >&2
    exit 2
}
mkdir -p "$1"
trees="$(cd "$1" && pwd)"
seeds="${2:-300}"
wanted="${*:3}"

passed=0 failed=0
score() { # STATUS NAME
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok    $2"
    else
        failed=$((failed + 1))
        echo "FAIL  $2"
    fi
}

# Debug is -O0 and Release -O2: cmake/compiler.cmake sets both, so flags given here would be overruled.
write_journals() { # NAME COMPILER BUILD_TYPE LEVEL
    local tree="$trees/$1" log="$trees/$1.log" release="$root/build/release"
    if [ "$2 $3" = "clang++-19 Release" ] && grep -qs "^CMAKE_CXX_COMPILER:.*clang++-19$" "$release/CMakeCache.txt"; then
        tree="$release" # built so already
    else
        cmake -S "$root" -B "$tree" -G Ninja -DCMAKE_CXX_COMPILER="$2" -DCMAKE_BUILD_TYPE="$3" \
            -DORCHESTRATOR_PURE_ONLY=ON -DORCHESTRATOR_TESTS=OFF >"$log" 2>&1 || return 1
    fi
    grep -q "FLAGS = .*$4" "$tree/build.ninja" || {
        echo "$1 is not built with $4"
        return 1
    }
    cmake --build "$tree" --target sim_program >>"$log" 2>&1 || {
        tail -n 20 "$log"
        return 1
    }
    rm -rf "$trees/$1/journals"
    mkdir -p "$trees/$1/journals"
    "$tree/bin/orchestrator_sim" --seeds "$seeds" --journals "$trees/$1/journals" || return 1
    # Too few journals would compare equal.
    [ "$(find "$trees/$1/journals" -type f -size +0 | wc -l)" -eq "$seeds" ]
}

names=()
while read -r name compiler build_type level; do
    [ -z "$wanted" ] || [[ " $wanted " == *" $name "* ]] || continue
    names+=("$name")
    status=0
    write_journals "$name" "$compiler" "$build_type" "$level" || status=$?
    score "$status" "$name writes the journals of $seeds seeds"
done <<'TABLE'
clang-O0 clang++-19 Debug -O0
clang-O2 clang++-19 Release -O2
gcc-O0 g++ Debug -O0
gcc-O2 g++ Release -O2
TABLE
[ "${#names[@]}" -ge 2 ] || {
    echo "there is nothing to compare: the builds are clang-O0 clang-O2 gcc-O0 gcc-O2"
    exit 2
}

for name in "${names[@]:1}"; do
    status=0
    diff -rq "$trees/${names[0]}/journals" "$trees/$name/journals" | head -n 5 || status=1
    score "$status" "$name wrote the bytes of ${names[0]}"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
