# SPDX-License-Identifier: Apache-2.0
"""Nothing that failed, died or ran nothing may count as passed."""

import json
import unittest

from dev.suite_counts import count_exit, count_gtest, count_line, count_unittest


def numbers(result):
    return result.passed, result.failed, result.skipped


def report(*tests):
    return json.dumps({"testsuites": [{"name": "S", "testsuite": list(tests)}]})


GOOD = {"name": "good", "status": "RUN", "result": "COMPLETED"}
BAD = {"name": "bad", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "x"}]}
SKIPPED = {"name": "skipped", "status": "RUN", "result": "SKIPPED"}
DISABLED = {"name": "off", "status": "NOTRUN", "result": "SUPPRESSED"}


class CountGtest(unittest.TestCase):
    def test_adds_up(self):
        result = count_gtest(report(GOOD, GOOD, BAD, SKIPPED, DISABLED), 1)
        self.assertEqual(numbers(result), (2, 1, 1))
        self.assertEqual(result.failures, ["S.bad"])
        self.assertEqual(result.skips, ["S.skipped"])

    def test_a_crash_or_a_timeout_leaves_no_report(self):
        self.assertEqual(numbers(count_gtest(None, -11)), (0, 1, 0))
        self.assertIn("signal 11", count_gtest(None, -11).why)
        self.assertIn("budget", count_gtest(None, None).why)
        self.assertEqual(numbers(count_gtest("{", 0)), (0, 1, 0))

    def test_a_bad_exit_after_good_tests_is_a_failure(self):
        self.assertEqual(numbers(count_gtest(report(GOOD), 1)), (1, 1, 0))

    def test_no_test_is_a_failure(self):
        self.assertEqual(numbers(count_gtest(report(), 0)), (0, 1, 0))
        self.assertEqual(numbers(count_gtest(report(DISABLED), 0)), (0, 1, 0))


class CountOthers(unittest.TestCase):
    def test_unittest(self):
        self.assertEqual(numbers(count_unittest("..\nRan 4 tests in 0.1s\n\nOK (skipped=1)\n", 0)), (3, 0, 1))
        text = "FAIL: test_x (a.B)\nRan 4 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n"
        self.assertEqual(numbers(count_unittest(text, 1)), (2, 2, 0))
        self.assertEqual(numbers(count_unittest("Ran 0 tests in 0.0s\n\nOK\n", 0)), (0, 1, 0))
        self.assertEqual(numbers(count_unittest("Traceback", 1)), (0, 1, 0))

    def test_line(self):
        self.assertEqual(numbers(count_line("x\n3 passed, 0 failed, 2 skipped\n", 0)), (3, 0, 2))
        self.assertEqual(numbers(count_line("golden: 3 passed, 1 failed\n", 1)), (3, 1, 0))
        self.assertEqual(numbers(count_line("3 passed, 0 failed, 0 skipped\n", 1)), (3, 1, 0))
        self.assertEqual(numbers(count_line("0 passed, 0 failed, 0 skipped\n", 0)), (0, 1, 0))
        self.assertEqual(numbers(count_line("fine\n", 0)), (0, 1, 0))

    def test_exit(self):
        self.assertEqual(numbers(count_exit(0)), (1, 0, 0))
        self.assertEqual(numbers(count_exit(3)), (0, 1, 0))
        self.assertEqual(numbers(count_exit(None)), (0, 1, 0))


if __name__ == "__main__":
    unittest.main()
