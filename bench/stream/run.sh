#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench stream [--quick] [--out DIR] ...: see `run.py --help`.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/run.py" "$@"
