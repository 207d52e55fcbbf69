#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev doctor: what is there, what is missing and what is built. Exit 1 if a build could not start.
set -euo pipefail
for part in terminal packages toolchain; do . "tools/dev/$part.sh"; done

status=0
echo "version    $(cat VERSION)"
echo "system     $(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-unknown}"), $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo 2>/dev/null || echo '? GiB')"
echo "disk       $(df -h . | awk 'NR == 2 {print $4}') free here"
while read -r name found wanted; do
    if [ "$found" = - ]; then
        verdict=missing status=1
    elif at_least "$found" "$wanted"; then
        verdict=good
    else
        verdict="too old" status=1
    fi
    printf '%-10s %s (needs %s): %s\n' "$name" "$found" "$wanted" "$verdict"
done < <(tool_versions)
if command -v dpkg-query >/dev/null; then
    for group in build test tidy bench package deep; do
        missing="$(missing_packages "$group")"
        printf '%-10s packages: %s\n' "$group" "${missing:+missing }${missing:-all there}"
    done
fi
for preset in release debug asan tsan fuzz; do
    [ -d "build/$preset/bin" ] || continue
    echo "built      $preset: $(find "build/$preset/bin" -maxdepth 1 -type f | wc -l) programs"
done
if [ -f tools/dev/local_model.sh ]; then
    echo "model      $(bash tools/dev/local_model.sh status 2>&1 | tail -n 1 || true)"
fi
echo "encodings  $(bash tools/dev/encodings.sh status 2>&1 | tail -n 1 || true)"
exit "$status"
