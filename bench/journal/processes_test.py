# SPDX-License-Identifier: Apache-2.0
"""Goal: what was not wholly written, read or answered never counts. Method: made-up reports of the programs."""

import tempfile
import unittest
from pathlib import Path

from bench.journal.journal_results import JournalResults
from bench.journal.processes import append_metrics, bytes_in, conversation_metrics, length_metrics
from bench.journal.workloads import STORES, Appends, Conversation, Length
from bench.rig.machine import RunFailed

APPENDED = {"events": 6_464, "line_bytes": 3_232_000, "wall_s": 1.5, "cpu_s": 0.06464, "grown_mib": 1.0,
            "soft_p50_us": 20.0, "soft_p99_us": 90.0, "strict_p50_us": 400.0, "strict_p99_us": 2_000.0}
READ = {"head_ms": 4.0, "head_mib": 12.0, "page_first_ms": 2.0, "page_middle_ms": 2.0, "page_last_ms": 3.0,
        "verify_ms": 10.0, "recover_ms": 5.0, "all_mib": 14.0}


class ProcessesTest(unittest.TestCase):
    def test_each_line_has_to_be_there(self):
        workload = Appends("paced64", 64, 6_400, 10_000)
        metrics = append_metrics(APPENDED, workload, 6_464_000)
        self.assertAlmostEqual(metrics["cpu_us"], 10.0)
        self.assertAlmostEqual(metrics["bytes_per_event"], 1_000.0)
        self.assertAlmostEqual(metrics["wall_of_ideal"], 1.5, msg="each run has 100 lines, one in 10 ms")
        self.assertAlmostEqual(metrics["strict_p99_ms"], 2.0)
        with self.assertRaisesRegex(RunFailed, "6464 events were written, 7000 lines"):
            append_metrics(APPENDED, Appends("append64", 64, 7_000), 1)

    def test_a_run_has_about_the_length_asked_for(self):
        metrics = length_metrics(READ | {"events": 1_000}, 1, Length("events1k", 1_000))
        self.assertAlmostEqual(metrics["verified_per_s"], 100_000.0)
        self.assertAlmostEqual(metrics["recovered_per_s"], 200_000.0)
        self.assertAlmostEqual(metrics["page_last_of_first"], 1.5)
        with self.assertRaisesRegex(RunFailed, "600 events, about 1000"):
            length_metrics(READ | {"events": 600}, 1, Length("events1k", 1_000))

    def test_each_answer_has_to_come(self):
        done = {"units": 10, "failed": 0, "wall_s": 0.5, "cpu_s": 0.1, "rss_mib": 9.0}
        workload = Conversation("turns10", "--turns", 10)
        self.assertAlmostEqual(conversation_metrics(done, workload, 40_000)["bytes_per_unit"], 4_000.0)
        with self.assertRaisesRegex(RunFailed, "1 of 10 answers"):
            conversation_metrics(done | {"failed": 1}, workload, 1)
        with self.assertRaisesRegex(RunFailed, "9 were done"):
            conversation_metrics(done | {"units": 9}, workload, 1)

    def test_bytes_are_of_all_files(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "deep").mkdir()
            (Path(folder) / "a.db").write_bytes(b"12345")
            (Path(folder) / "deep" / "a.db-wal").write_bytes(b"123")
            self.assertEqual(bytes_in(Path(folder)), 8)

    def test_by_hand_is_measured_where_it_says_something(self):
        def names(workload):
            return [client.name for client in STORES if workload.takes(client)]

        self.assertEqual(names(Appends("append1", 1, 10)), ["raw", "jsonl", "sqlite"])
        self.assertEqual(names(Appends("append64", 64, 64)), ["raw", "raw-groups", "jsonl", "sqlite"])
        self.assertEqual(names(Appends("paced64", 64, 64, 10_000)), ["jsonl", "sqlite"])


class JournalResultsTest(unittest.TestCase):
    def test_growth_pairs_runs_of_one_round(self):
        sizes = {"steps40": (100.0, 110.0), "steps80": (200.0, 242.0), "turns10": (50.0,), "turns100": (505.0,)}
        runs = [{"workload": workload, "client": "ours", "round": number, "metrics": {"file_kb": size}}
                for workload, rounds in sizes.items() for number, size in enumerate(rounds)]
        results = JournalResults(runs)
        self.assertEqual(results.values("growth", "ours", "steps80_of_40"), {0: 2.0, 1: 2.2})
        self.assertEqual(results.values("growth", "ours", "turns100_of_10"), {0: 10.1})


if __name__ == "__main__":
    unittest.main()
