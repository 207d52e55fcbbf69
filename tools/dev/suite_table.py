# SPDX-License-Identifier: Apache-2.0
"""The table of suites, tools/dev/suites.txt: reading it and choosing rows of it."""

import re
from dataclasses import dataclass
from pathlib import Path

COUNTS = ("gtest", "unittest", "line", "exit", "build")
WHEN = ("fast", "standard", "deep")
STANDING_MINUTES_MAX = 60


class TableError(Exception):
    """The table breaks its own rules; the message names the line."""


@dataclass(frozen=True)
class Suite:
    """One row. `targets` is empty for a build row, whose targets the other rows name."""

    name: str
    when: str
    minutes: float
    preset: str
    targets: tuple
    counts: str
    command: tuple


def parse_table(text):
    """Returns the suites in file order; raises TableError for a row that breaks the rules."""
    suites = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 6:
            raise TableError(f"line {number}: {len(fields)} fields instead of 6")
        name, when, minutes, build, counts, command = fields
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
            raise TableError(f"line {number}: bad suite name '{name}'")
        if name in (suite.name for suite in suites):
            raise TableError(f"line {number}: suite '{name}' is there twice")
        if when not in WHEN:
            raise TableError(f"line {number}: when is '{when}', not one of {', '.join(WHEN)}")
        if counts not in COUNTS:
            raise TableError(f"line {number}: counts is '{counts}', not one of {', '.join(COUNTS)}")
        if not re.fullmatch(r"\d+(\.\d+)?", minutes) or float(minutes) <= 0:
            raise TableError(f"line {number}: minutes is '{minutes}', not a number above 0")
        preset, _, targets = ("", "", "") if build == "-" else build.partition(":")
        targets = tuple(target for target in targets.split(",") if target)
        if counts == "build" and (not preset or targets):
            raise TableError(f"line {number}: a build row names a preset and no target")
        if counts != "build" and preset and not targets:
            raise TableError(f"line {number}: '{build}' names no target")
        if counts != "build" and command in ("", "-"):
            raise TableError(f"line {number}: suite '{name}' has no command")
        suites.append(Suite(name, when, float(minutes), preset, targets, counts, tuple(command.split())))
    check_builds(suites)
    check_total(suites)
    return suites


def check_builds(suites):
    """Every preset that a row needs has exactly one build row, and it stands before."""
    built = set()
    for suite in suites:
        if suite.counts == "build":
            if suite.preset in built:
                raise TableError(f"preset '{suite.preset}' has two build rows")
            built.add(suite.preset)
        elif suite.preset and suite.preset not in built:
            raise TableError(f"suite '{suite.name}' needs a build row for '{suite.preset}' above it")


def check_total(suites):
    total = sum(suite.minutes for suite in suites if suite.when != "deep")
    if total > STANDING_MINUTES_MAX:
        raise TableError(f"the standing suites may take {total:g} minutes; {STANDING_MINUTES_MAX} are allowed")


def read_table(root):
    return parse_table((Path(root) / "tools/dev/suites.txt").read_text(encoding="utf-8"))


def choose(suites, depth, pattern=None):
    """The rows of `depth` (fast, standard or deep) whose name matches `pattern`, with the builds they need."""
    depths = WHEN[: WHEN.index(depth) + 1]
    chosen = [
        suite
        for suite in suites
        if suite.when in depths and (pattern is None or re.search(pattern, suite.name))
    ]
    presets = {suite.preset for suite in chosen if suite.counts != "build" and suite.preset}
    return [suite for suite in suites if suite in chosen or (suite.counts == "build" and suite.preset in presets)]


def targets_of(suites, preset):
    """The targets that the chosen suites need of one preset, sorted."""
    return sorted({target for suite in suites if suite.preset == preset for target in suite.targets})
