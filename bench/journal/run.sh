#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench journal [--quick] [--long] [--parts NAMES] ...: see `run.py --help`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec python3 -m bench.journal.run "$@"
