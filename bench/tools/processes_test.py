# SPDX-License-Identifier: Apache-2.0
"""Goal: a loop that skipped a tool call or failed never counts. Method: made-up client reports."""

import unittest

from bench.rig.client import Load
from bench.rig.machine import RunFailed
from bench.tools.processes import check_counts, metrics_of, quantile
from bench.tools.workloads import ToolLoop

LOOP = ToolLoop("warm10", "warm", 10, Load(2, 0))


def report(**changes):
    return {"failed": 0, "tool_calls": 20, "wall_s": 0.022, "cpu_s": 0.011, "rss_mib": 1.0,
            "loop_ns": [10_000_000, 12_000_000]} | changes


class ProcessesTest(unittest.TestCase):
    def test_every_step_has_to_call_the_tool(self):
        check_counts(report(), LOOP, 2)
        with self.assertRaisesRegex(RunFailed, "ran 19 times, 20 calls"):
            check_counts(report(tool_calls=19), LOOP, 2)
        with self.assertRaisesRegex(RunFailed, "1 of 2 loops failed"):
            check_counts(report(failed=1), LOOP, 2)
        with self.assertRaisesRegex(RunFailed, "1 loops were timed"):
            check_counts(report(loop_ns=[1]), LOOP, 2)

    def test_ten_steps_are_eleven_model_calls(self):
        metrics = metrics_of(report(), LOOP)
        self.assertAlmostEqual(metrics["cpu_ms_per_loop"], 5.5)
        self.assertAlmostEqual(metrics["cpu_ms_per_call"], 0.5)
        self.assertAlmostEqual(metrics["wall_ms_per_call"], 1.0)
        self.assertAlmostEqual(metrics["loop_p99_ms"], 12.0)

    def test_quantiles_are_values_that_were_seen(self):
        self.assertEqual([quantile([1.0, 2.0, 3.0, 4.0], q) for q in (0.0, 0.5, 0.99)], [1.0, 2.0, 4.0])


if __name__ == "__main__":
    unittest.main()
