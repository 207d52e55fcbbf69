#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev bench redaction [--quick]
set -euo pipefail
exec build/release/bin/bench_redaction "$@"
