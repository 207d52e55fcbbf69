#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the release build into an empty prefix and builds tests/consumer/ against it, out of tree:
# once per target name, and what was written against
# the headers that are stable. Ends with "N passed, N failed, N skipped".
set -euo pipefail

version="$(cat VERSION)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
passed=0 failed=0

check() { # NAME COMMAND...
    local name="$1"
    shift
    if "$@" >"$folder/log" 2>&1; then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        echo "FAIL  $name"
        cat "$folder/log"
    fi
}

configure() { # VERSION BUILD_FOLDER
    cmake -S tests/consumer -B "$2" -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 -DCMAKE_PREFIX_PATH="$folder/prefix" \
        -DEXPECTED_VERSION="$1"
}
refuses_newer() { ! configure 99.0 "$folder/newer"; }
has_every_name() {
    local header name missing=0
    while read -r header name; do
        [[ -z "$header" || "$header" == "#"* ]] && continue
        sed 's|//.*||' "$folder/prefix/include/orchestrator/harness/$header" | grep -w -- "$name" >/dev/null && continue # -q would end before sed
        echo "$header no longer has $name"
        missing=1
    done <tests/consumer/stable_names.txt
    return "$missing"
}
no_build_path() { ! grep -rIlF "$PWD" "$folder/prefix"; }

check install cmake --install build/release --prefix "$folder/prefix" --component core
check configure configure "$version" "$folder/build"
check build cmake --build "$folder/build"
check run "$folder/build/consumer"
check run_namespaced "$folder/build/consumer_namespaced"
check run_what_was_written_against_0_2_2 "$folder/build/stable_0_2_2"
check keeps_every_stable_name has_every_name
check refuses_a_newer_version refuses_newer
check installs_no_path_of_the_source no_build_path
check installs_the_licence test -s "$folder/prefix/share/doc/orchestrator-ai-harness-core/LICENSE"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
