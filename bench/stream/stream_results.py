# SPDX-License-Identifier: Apache-2.0
"""The results of the stream benchmark, with what is derived from several runs of one round."""

from bench.rig.summary import Results
from bench.stream.workloads import FLOOR


class StreamResults(Results):
    """Adds the workload `memory`, and the time to first token added to the floor's."""

    def __init__(self, runs: list[dict]):
        super().__init__(runs)
        self._derive_memory()
        self._derive_added_first_token()

    def _derive_memory(self) -> None:
        """KiB for each stream beyond the first, from the paced runs of one round."""
        for client in {client for _, client in self.by_round}:
            one = self.by_round.get(("paced1", client), {})
            many = self.by_round.get(("paced1000", client), {})
            for number in one.keys() & many.keys():
                kib = (many[number]["rss_mib"] - one[number]["rss_mib"]) * 1024 / 999
                self.by_round.setdefault(("memory", client), {})[number] = {"kib_per_stream": kib}

    def _derive_added_first_token(self) -> None:
        """How much later than the floor's the first token came, in the same round."""
        floor = self.by_round.get(("ttft1", FLOOR), {})
        for (workload, _), rounds in self.by_round.items():
            if workload != "ttft1":
                continue
            for number in rounds.keys() & floor.keys():
                for quantile in ("p50", "p99"):
                    late_ms = rounds[number][f"ttft_{quantile}_ms"] - floor[number][f"ttft_{quantile}_ms"]
                    rounds[number] = rounds[number] | {f"added_{quantile}_ms": late_ms}
