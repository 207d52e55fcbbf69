# SPDX-License-Identifier: Apache-2.0
"""Medians, spreads and paired ratios. Pure functions over the list of runs."""

from dataclasses import dataclass
from statistics import median

from workloads import FLOOR, Target


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


class Results:
    """Metrics by workload, client and round. A run is a dict with those three keys and `metrics`."""

    def __init__(self, runs: list[dict]):
        self._by_round: dict[tuple[str, str], dict[int, dict]] = {}
        for run in runs:
            self._by_round.setdefault((run["workload"], run["client"]), {})[run["round"]] = run["metrics"]
        self._derive_memory()
        self._derive_added_first_token()

    def _derive_memory(self) -> None:
        """KiB for each stream beyond the first, from the paced runs of one round."""
        for client in {client for _, client in self._by_round}:
            one = self._by_round.get(("paced1", client), {})
            many = self._by_round.get(("paced1000", client), {})
            for number in one.keys() & many.keys():
                kib = (many[number]["rss_mib"] - one[number]["rss_mib"]) * 1024 / 999
                self._by_round.setdefault(("memory", client), {})[number] = {"kib_per_stream": kib}

    def _derive_added_first_token(self) -> None:
        """How much later than the floor's the first token came, in the same round."""
        floor = self._by_round.get(("ttft1", FLOOR), {})
        for (workload, _), rounds in self._by_round.items():
            if workload != "ttft1":
                continue
            for number in rounds.keys() & floor.keys():
                for quantile in ("p50", "p99"):
                    late_ms = rounds[number][f"ttft_{quantile}_ms"] - floor[number][f"ttft_{quantile}_ms"]
                    rounds[number] = rounds[number] | {f"added_{quantile}_ms": late_ms}

    def values(self, workload: str, client: str, metric: str) -> dict[int, float]:
        """By round; empty where nothing was measured."""
        rounds = self._by_round.get((workload, client), {})
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
        return {client for name, client in self._by_round if name == workload}


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
