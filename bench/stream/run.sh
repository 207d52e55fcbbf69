#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench stream [--quick] [--out DIR] ...: see `run.py --help`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec python3 -m bench.stream.run "$@"
