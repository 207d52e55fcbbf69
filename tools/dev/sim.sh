#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ./dev sim --seeds N [--seed S]: the arguments go to the simulator, which describes them in --help.
set -euo pipefail
for part in terminal packages toolchain configure; do . "tools/dev/$part.sh"; done

ensure_packages build
check_toolchain
build_preset release sim_program
exec build/release/bin/orchestrator_sim "$@"
