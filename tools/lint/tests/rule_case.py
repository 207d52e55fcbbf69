# SPDX-License-Identifier: Apache-2.0
"""What the rule tests share: a rule applied to a few files held in memory."""

import unittest

from lint.source import Repository


class RuleCase(unittest.TestCase):
    rule = None  # the module under test

    def messages(self, files):
        return [f"{found.path}:{found.line}: {found.message}" for found in self.rule.check(Repository(files))]

    def finds(self, files, text):
        """Exactly one finding, and it says `text`."""
        messages = self.messages(files)
        self.assertEqual(len(messages), 1, messages)
        self.assertIn(text, messages[0])

    def accepts(self, files):
        self.assertEqual(self.messages(files), [])
