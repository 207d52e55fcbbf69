#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench replay [--quick]: prints its table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec build/release/bin/bench_replay "$@"
