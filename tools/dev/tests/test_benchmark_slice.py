# SPDX-License-Identifier: Apache-2.0
"""The slice of a public benchmark: what becomes of an exemplar, and what is said where there is no package index."""

import importlib.util
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[3]
PARTS = ROOT / "tools/benchmark_slice"


def extract():
    spec = importlib.util.spec_from_file_location("benchmark_slice_extract", PARTS / "extract.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class BenchmarkSlice(unittest.TestCase):
    def test_the_answer_at_the_end_is_what_is_expected(self):
        task = {"fewshot_config": {"samples": [
            {"input": "True is", "target": "It is. So the answer is True."},
            {"input": "How many?", "target": "One and\n\nten.\n\nSo the answer is 11.\n"}]}}
        cases = list(extract().cases_of("object_counting", task))
        self.assertEqual([case["expected"] for case in cases], ["True", "11"])
        self.assertEqual([case["id"] for case in cases], ["object_counting-1", "object_counting-2"])
        self.assertEqual(cases[0]["tags"], {"task": "object_counting"})

    def test_an_exemplar_without_an_answer_is_named(self):
        task = {"fewshot_config": {"samples": [{"input": "?", "target": "Who knows."}]}}
        with self.assertRaisesRegex(ValueError, "navigate 1: no answer"):
            list(extract().cases_of("navigate", task))

    def test_every_package_is_pinned_by_content(self):
        text = (PARTS / "requirements.txt").read_text()
        packages = [line for line in text.splitlines() if "==" in line]
        self.assertEqual(len(packages), text.count("--hash=sha256:"))

    def test_without_an_index_it_says_so_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ, ORCHESTRATOR_BENCHMARK_SLICE_HOME=folder + "/slice",
                               PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_CONFIG_FILE="/dev/null")
            environment.pop("PIP_EXTRA_INDEX_URL", None)
            done = subprocess.run(["bash", str(ROOT / "tools/dev/benchmark_slice.sh"), "ensure"], env=environment,
                                  capture_output=True, text=True, timeout=120)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertRegex(done.stderr, r"\Abenchmark slice: cannot be had: [^\n]+\n\Z")
            self.assertFalse((Path(folder) / "slice/bbh.jsonl").exists())


if __name__ == "__main__":
    unittest.main()
