#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench context [--quick]: prints its tables.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec build/release/bin/bench_context "$@"
