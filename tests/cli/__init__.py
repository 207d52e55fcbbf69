# SPDX-License-Identifier: Apache-2.0
"""Tests of the program `orchestrator` as a user sees it: on a pipe, on a terminal and with --json."""
