# SPDX-License-Identifier: Apache-2.0
"""Medians, spreads and paired ratios. Pure functions over the list of runs."""

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Spread:
    median: float
    low: float
    high: float
    count: int


def spread_of(values: list[float]) -> Spread | None:
    """None for an empty list."""
    if not values:
        return None
    return Spread(median(values), min(values), max(values), len(values))


@dataclass(frozen=True)
class Target:
    """A promise about our client. `against`: a client to divide by, or None."""

    what: str
    workload: str
    client: str
    metric: str
    against: str | None
    limit: float  # at most
    goal: float | None = None
    unit: str = "×"


class Results:
    """Metrics by workload, client and round. A run is a dict with those three keys and `metrics`."""

    def __init__(self, runs: list[dict]):
        self.by_round: dict[tuple[str, str], dict[int, dict]] = {}
        for run in runs:
            self.by_round.setdefault((run["workload"], run["client"]), {})[run["round"]] = run["metrics"]

    def values(self, workload: str, client: str, metric: str) -> dict[int, float]:
        """By round; empty where nothing was measured."""
        rounds = self.by_round.get((workload, client), {})
        return {number: metrics[metric] for number, metrics in rounds.items() if metrics.get(metric) is not None}

    def spread(self, workload: str, client: str, metric: str) -> Spread | None:
        return spread_of(list(self.values(workload, client, metric).values()))

    def paired(self, workload: str, client: str, metric: str, against: str) -> Spread | None:
        """The ratio to another client, round by round."""
        ours = self.values(workload, client, metric)
        theirs = self.values(workload, against, metric)
        pairs = [(ours[number], theirs[number]) for number in sorted(ours.keys() & theirs.keys())]
        return spread_of([a / b for a, b in pairs if b])

    def clients(self, workload: str) -> set[str]:
        return {client for name, client in self.by_round if name == workload}


def verdict(results: Results, target: Target) -> tuple[Spread | None, str]:
    """What was measured for a target, and `goal met`, `met`, `missed` or `not measured`."""
    if target.against is None:
        spread = results.spread(target.workload, target.client, target.metric)
    else:
        spread = results.paired(target.workload, target.client, target.metric, target.against)
    if spread is None:
        return None, "not measured"
    if target.goal is not None and spread.median <= target.goal:
        return spread, "goal met"
    return spread, "met" if spread.median <= target.limit else "missed"
