# SPDX-License-Identifier: Apache-2.0
"""The man page says what --help says."""

import re

from cli.program import ROOT, ProgramTest

PAGE = ROOT / "packaging/man/orchestrator.1"


class Manual(ProgramTest):
    def test_it_is_in_step_with_the_help(self):
        page = PAGE.read_text()
        text = re.sub(r"\\f[BIRP]", "", page).replace("\\-", "-").replace('"', "")
        version = (ROOT / "VERSION").read_text().strip()
        self.assertIn(f"orchestrator {version}", text.splitlines()[1])
        present = self.succeeds("--help").out.split("\nCommands:\n")[1].split("\nComing:")[0]
        flags = set()
        for command in re.findall(r"(?m)^  ([a-z]+(?: [a-z]+)?) {2,}", present):
            self.assertRegex(text, rf"(?m)^\.B[IR]? {command}( |$)", f"{command} is not in the man page")
            flags |= set(re.findall(r"(?m)^  (--[a-z-]+)", self.succeeds(*command.split(), "--help").out))
        named = set(re.findall(r"--[a-z][a-z-]+", text))
        self.assertEqual(sorted(flags - named), [], "flags that the man page does not name")
        self.assertEqual(sorted(named - flags), [], "flags that are not there")

    def test_it_names_every_exit_status(self):
        page = PAGE.read_text().split(".SH EXIT STATUS")[1]
        self.assertEqual(re.findall(r"(?m)^\.B (\d+)$", page), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "69", "130"])
