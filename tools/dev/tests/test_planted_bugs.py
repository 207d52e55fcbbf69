# SPDX-License-Identifier: Apache-2.0
"""Goal: the list of planted bugs keeps step with the code. Method: the list itself; a tree of two files."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from dev import planted_bugs

PROJECT = Path(__file__).resolve().parents[3]


class PlantedBugs(unittest.TestCase):
    """Every bug can be planted, and what cannot is named."""

    def test_each_place_is_found_once(self):
        bugs = json.loads((PROJECT / "tests/planted/bugs.json").read_text())
        self.assertGreaterEqual(len(bugs), 10)
        with mock.patch.object(planted_bugs, "ROOT", PROJECT):
            self.assertEqual(list(planted_bugs.problems_of(bugs)), [])

    def test_a_place_that_is_not_there_is_named(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(planted_bugs, "ROOT", Path(folder)):
            (Path(folder) / "a.cpp").write_text("one two two")
            bugs = [{"name": "gone", "file": "a.cpp", "old": "three"}, {"name": "twice", "file": "a.cpp", "old": "two"}]
            problems = list(planted_bugs.problems_of(bugs))
        self.assertEqual(len(problems), 2)
        self.assertIn("gone: its place is found 0 times", problems[0])
        self.assertIn("twice: its place is found 2 times", problems[1])


if __name__ == "__main__":
    unittest.main()
