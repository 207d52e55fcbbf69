#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev package: .deb and .tar.gz packages of the library and the command line tool, in dist/.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

ensure_packages build package
check_toolchain
bash tools/dev/encodings.sh ensure || warn "the packages are made without rank files: what they install estimates token counts"
build_preset release
mkdir -p dist
with_progress "package" sh -c 'cd build/release && cpack -G "DEB;TGZ" -B ../../dist'
rm -rf dist/_CPack_Packages
ls -l dist >&2
