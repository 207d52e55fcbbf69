# SPDX-License-Identifier: Apache-2.0
"""The options that every benchmark takes."""

import argparse
from pathlib import Path

from bench.rig.preparation import ROOT, fail

ROUNDS_QUICK = 2


def common_options(name: str, description: str, rounds_full: int) -> argparse.ArgumentParser:
    """A parser for `./dev bench NAME`, to which a benchmark adds what it alone takes."""
    parser = argparse.ArgumentParser(prog=f"./dev bench {name}", description=description)
    parser.add_argument("--quick", action="store_true", help="two rounds of small workloads: a smoke run, no result")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / name, help="folder of the results")
    parser.add_argument("--rounds", type=int, help=f"default {rounds_full}, quick {ROUNDS_QUICK}")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build" / "release", help="default: build/release")
    parser.add_argument("--bin-dir", type=Path, help="use the programs of this folder and build nothing")
    parser.add_argument("--realtime", action="store_true",
                        help="run in the real-time class (needs root), so that other work on the machine disturbs less")
    return parser


def rounds_of(arguments: argparse.Namespace, rounds_full: int) -> int:
    rounds = arguments.rounds or (ROUNDS_QUICK if arguments.quick else rounds_full)
    if rounds < 1:
        fail("--rounds must be 1 or more")
    return rounds
