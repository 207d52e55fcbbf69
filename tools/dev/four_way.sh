#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Same inputs, same bytes: builds event, codec, kernel and sim with clang-19 and g++ 12, at -O0 and -O2,
# without Asio, lets each write the journals of the same seeds, and compares them byte by byte.
# Ends with "N passed, N failed, N skipped": one for each build, one for each comparison.
#
#   tools/dev/four_way.sh [SEEDS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tools/dev/terminal.sh

seeds="${1:-300}"
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

write_journals() { # NAME COMPILER LEVEL
    local tree="build/four-way/$1"
    with_progress "configure $1" cmake -S . -B "$tree" -G Ninja -DCMAKE_CXX_COMPILER="$2" -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_CXX_FLAGS_RELEASE="$3 -DNDEBUG" -DORCHESTRATOR_PURE_ONLY=ON -DORCHESTRATOR_TESTS=OFF \
        -DORCHESTRATOR_PCH=OFF || return 1
    with_progress "build $1" cmake --build "$tree" --target sim_program || return 1
    rm -rf "$tree/journals"
    mkdir -p "$tree/journals"
    with_progress "journals of $1" "$tree/bin/orchestrator_sim" --seeds "$seeds" --journals "$tree/journals" || return 1
    # No journal at all would compare equal.
    [ "$(find "$tree/journals" -type f -size +0 | wc -l)" -ge "$seeds" ] || {
        say "$1 wrote fewer than $seeds journals"
        return 1
    }
}

names=()
while read -r name compiler level; do
    names+=("$name")
    status=0
    write_journals "$name" "$compiler" "$level" || status=$?
    score "$status" "$name writes its journals"
done <<'TABLE'
clang-O0 clang++-19 -O0
clang-O2 clang++-19 -O2
gcc-O0 g++ -O0
gcc-O2 g++ -O2
TABLE

for name in "${names[@]:1}"; do
    status=0
    diff -rq "build/four-way/${names[0]}/journals" "build/four-way/$name/journals" | head -n 5 || status=1
    score "$status" "$name wrote the bytes of ${names[0]}"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
