# SPDX-License-Identifier: Apache-2.0
"""The results of the journal benchmark, with what is derived from several runs of one round."""

from bench.rig.summary import Results

GROWTH = (("steps80_of_40", "steps80", "steps40"), ("turns100_of_10", "turns100", "turns10"))


class JournalResults(Results):
    """Adds the workload `growth`: how many times the bytes of the shorter conversation the longer one takes."""

    def __init__(self, runs: list[dict]):
        super().__init__(runs)
        for client in {client for _, client in self.by_round}:
            for metric, longer, shorter in GROWTH:
                many, few = self.by_round.get((longer, client), {}), self.by_round.get((shorter, client), {})
                for number in many.keys() & few.keys():
                    rounds = self.by_round.setdefault(("growth", client), {})
                    rounds.setdefault(number, {})[metric] = many[number]["file_kb"] / few[number]["file_kb"]
