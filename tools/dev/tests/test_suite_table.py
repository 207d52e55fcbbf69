# SPDX-License-Identifier: Apache-2.0
"""The table of suites refuses what would hide a suite, and builds come along with what needs them."""

import unittest
from pathlib import Path

from dev.suite_table import TableError, choose, parse_table, read_table, targets_of

TABLE = """
# comment
build-release | fast     | 5 | release         | build | -
quick         | fast     | 1 | release:a_tests | gtest | bin/a_tests
slow          | standard | 9 | release:b,c     | gtest | bin/b --x y
long          | deep     | 900 | -             | exit  | bash x.sh
"""


class ParseTable(unittest.TestCase):
    def test_reads_rows_in_order(self):
        suites = parse_table(TABLE)
        self.assertEqual([suite.name for suite in suites], ["build-release", "quick", "slow", "long"])
        self.assertEqual(suites[2].targets, ("b", "c"))
        self.assertEqual(suites[2].command, ("bin/b", "--x", "y"))

    def refuse(self, row, message):
        with self.assertRaisesRegex(TableError, message):
            parse_table(TABLE + row)

    def test_refuses_bad_rows(self):
        self.refuse("x | fast | 1 | - | exit", "5 fields")
        self.refuse("quick | fast | 1 | - | exit | true", "twice")
        self.refuse("x | never | 1 | - | exit | true", "when is 'never'")
        self.refuse("x | fast | 0 | - | exit | true", "minutes is '0'")
        self.refuse("x | fast | 1 | - | hope | true", "counts is 'hope'")
        self.refuse("x | fast | 1 | asan:t | gtest | t", "needs a build row for 'asan'")
        self.refuse("x | fast | 1 | - | exit | -", "no command")
        self.refuse("x | fast | 1 | release | gtest | t", "names no target")

    def test_refuses_more_than_an_hour(self):
        self.refuse("x | standard | 46 | - | exit | true", "61 minutes; 60 are allowed")

    def test_the_real_table_is_valid(self):
        self.assertTrue(read_table(Path(__file__).parents[3]))


class Choose(unittest.TestCase):
    def names(self, depth, pattern=None):
        return [suite.name for suite in choose(parse_table(TABLE), depth, pattern)]

    def test_by_depth(self):
        self.assertEqual(self.names("fast"), ["build-release", "quick"])
        self.assertEqual(self.names("standard"), ["build-release", "quick", "slow"])
        self.assertEqual(self.names("deep")[-1], "long")

    def test_a_filter_brings_the_build_along(self):
        self.assertEqual(self.names("standard", "^slow$"), ["build-release", "slow"])
        self.assertEqual(self.names("deep", "^long$"), ["long"])
        self.assertEqual(self.names("standard", "nothing"), [])

    def test_targets_of_a_preset(self):
        self.assertEqual(targets_of(parse_table(TABLE), "release"), ["a_tests", "b", "c"])


if __name__ == "__main__":
    unittest.main()
