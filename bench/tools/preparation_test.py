# SPDX-License-Identifier: Apache-2.0
"""Goal: a report says why peers are missing, and nothing about the machine. Method: what npm prints when it fails."""

import unittest

from bench.rig.preparation import npm_failure

REFUSED = """npm error code ECONNREFUSED
npm error syscall connect
npm error FetchError: request to http://127.0.0.1:9/openai failed, reason: connect ECONNREFUSED 127.0.0.1:9
npm error A complete log of this run can be found in: /tmp/npm/_logs/debug-0.log
"""


class PreparationTest(unittest.TestCase):
    def test_the_code_of_npm_is_told_and_its_paths_are_not(self):
        self.assertEqual(npm_failure(REFUSED), "npm ci failed in bench/peers (ECONNREFUSED)")
        self.assertEqual(npm_failure("npm ERR! code E404\nnpm ERR! 404 gone\n"), "npm ci failed in bench/peers (E404)")
        self.assertEqual(npm_failure("Killed"), "npm ci failed in bench/peers (no code)")


if __name__ == "__main__":
    unittest.main()
