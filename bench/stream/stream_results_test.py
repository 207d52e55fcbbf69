# SPDX-License-Identifier: Apache-2.0
"""Goal: a ratio pairs runs of one round, and a target says met only when it is. Method: made-up runs."""

import unittest

from bench.rig.summary import Target, spread_of, verdict
from bench.stream.stream_results import StreamResults as Results
from bench.stream.workloads import FLOOR


def run(number, client, workload="blast64", **metrics):
    return {"round": number, "client": client, "workload": workload, "metrics": metrics}


class SummaryTest(unittest.TestCase):
    def test_spread_is_median_and_extremes(self):
        spread = spread_of([3.0, 1.0, 10.0])
        self.assertEqual((spread.median, spread.low, spread.high, spread.count), (3.0, 1.0, 10.0, 3))
        self.assertIsNone(spread_of([]))

    def test_ratio_pairs_the_runs_of_one_round(self):
        runs = [run(0, "a", cpu_us=2.0), run(1, "a", cpu_us=40.0), run(0, "b", cpu_us=1.0), run(1, "b", cpu_us=10.0)]
        ratio = Results(runs).paired("blast64", "a", "cpu_us", "b")
        self.assertEqual((ratio.low, ratio.high), (2.0, 4.0))

    def test_a_round_without_partner_is_left_out(self):
        runs = [run(0, "a", cpu_us=2.0), run(1, "a", cpu_us=40.0), run(0, "b", cpu_us=1.0)]
        self.assertEqual(Results(runs).paired("blast64", "a", "cpu_us", "b").count, 1)

    def test_added_first_token_is_the_difference_to_the_floor(self):
        runs = [run(0, name, "ttft1", ttft_p50_ms=p50, ttft_p99_ms=60.0) for name, p50 in (("a", 50.5), (FLOOR, 50.25))]
        results = Results(runs)
        self.assertEqual(results.spread("ttft1", "a", "added_p50_ms").median, 0.25)
        self.assertEqual(results.spread("ttft1", FLOOR, "added_p50_ms").median, 0.0)

    def test_memory_per_stream_is_derived_from_the_paced_runs(self):
        runs = [run(0, "a", "paced1", rss_mib=10.0), run(0, "a", "paced1000", rss_mib=10.0 + 999 / 1024 * 32)]
        self.assertAlmostEqual(Results(runs).spread("memory", "a", "kib_per_stream").median, 32.0)

    def test_verdicts(self):
        target = Target("x", "blast64", "a", "cpu_us", "b", limit=4, goal=2)
        for ours, expected in ((1.0, "goal met"), (3.0, "met"), (5.0, "missed")):
            results = Results([run(0, "a", cpu_us=ours), run(0, "b", cpu_us=1.0)])
            self.assertEqual(verdict(results, target)[1], expected)
        self.assertEqual(verdict(Results([]), target), (None, "not measured"))


if __name__ == "__main__":
    unittest.main()
