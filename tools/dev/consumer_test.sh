#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the release build into an empty prefix and builds tests/consumer/ against it, out of tree:
# once per target name. Ends with "N passed, N failed, N skipped".
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
no_build_path() { ! grep -rIlF "$PWD" "$folder/prefix"; }

check install cmake --install build/release --prefix "$folder/prefix" --component core
check configure configure "$version" "$folder/build"
check build cmake --build "$folder/build"
check run "$folder/build/consumer"
check run_namespaced "$folder/build/consumer_namespaced"
check refuses_a_newer_version refuses_newer
check installs_no_path_of_the_source no_build_path
check installs_the_licence test -s "$folder/prefix/share/doc/orchestrator-ai-harness-core/LICENSE"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
