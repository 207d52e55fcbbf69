# SPDX-License-Identifier: Apache-2.0
"""Goal: a run that lost deltas, failed, or closed no socket never counts. Method: made-up client reports."""

import subprocess
import unittest

from bench.rig.client import Load
from bench.rig.machine import RunFailed, parse_report
from bench.stream.processes import abort_metrics, check_counts, metrics_of
from bench.stream.workloads import Workload

BLAST = Workload("blast64", "blast", 64, 100, Load(10, 0), Load(10, 0))
PACED = Workload("paced64", "paced", 5, 100, Load(10, 0), Load(10, 0))


def finished(code=0, out="", err=""):
    return subprocess.CompletedProcess([], code, out, err)


class ProcessesTest(unittest.TestCase):
    def test_every_delta_has_to_come(self):
        check_counts({"failed": 0, "deltas": 1000}, BLAST, 10)
        with self.assertRaisesRegex(RunFailed, "999 deltas came, 1000 were sent"):
            check_counts({"failed": 0, "deltas": 999}, BLAST, 10)
        with self.assertRaisesRegex(RunFailed, "1 of 10 requests failed"):
            check_counts({"failed": 1, "deltas": 1000}, BLAST, 10)

    def test_a_broken_client_is_told_with_its_last_words(self):
        self.assertEqual(parse_report(finished(out='noise\n{"deltas":1}\n')), {"deltas": 1})
        with self.assertRaisesRegex(RunFailed, "exit code 3: no route"):
            parse_report(finished(3, "", "trace\nno route\n"))
        with self.assertRaisesRegex(RunFailed, "printed no JSON"):
            parse_report(finished(out="hello"))

    def test_wall_is_compared_with_the_pace_of_the_mock(self):
        report = {"rss_mib": 1.0, "cpu_s": 0.001, "deltas": 1000, "pieces": 500, "wall_s": 4.16, "requests": 10,
                  "p50_us": 1.0, "p99_us": 2.0, "ttft_p50_ms": 50.0, "ttft_p99_ms": 51.0}
        metrics = metrics_of(report, PACED, 0, 0.0)
        self.assertAlmostEqual(metrics["wall_of_ideal"], 2.0)  # two rounds of 50 ms + 99 * 10 ms
        self.assertAlmostEqual(metrics["cpu_us"], 1.0)
        self.assertAlmostEqual(metrics["deltas_per_piece"], 2.0)

    def test_aborts_pair_calls_with_closed_sockets_and_drop_the_warmup(self):
        report = {"abort_call_ns": [0, 10_000_000, 20_000_000], "aborted_ns": [9_000_000, 11_000_000, 24_000_000]}
        metrics = abort_metrics(report, [8_000_000, 12_000_000, 23_000_000], 1)
        self.assertEqual((metrics["socket_max_ms"], metrics["aborted_max_ms"]), (3.0, 4.0))
        with self.assertRaisesRegex(RunFailed, "3 aborts, 3 ends seen, 2 sockets closed"):
            abort_metrics(report, [8_000_000, 12_000_000], 1)


if __name__ == "__main__":
    unittest.main()
