# SPDX-License-Identifier: Apache-2.0
"""A suite ends at its deadline with all that it started, and sees none of the developer's settings."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from dev.suite_process import last_line, run_logged


class RunLogged(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.log = Path(self.folder.name) / "log"

    def tearDown(self):
        self.folder.cleanup()

    def run_shell(self, script, deadline_s=30.0):
        return run_logged(["bash", "-c", script], self.folder.name, self.log, deadline_s)

    def test_status_and_output(self):
        self.assertEqual(self.run_shell("echo out; echo err >&2; exit 7"), 7)
        self.assertEqual(self.log.read_text(), "out\nerr\n")
        self.assertEqual(last_line(self.log), "err")

    def test_a_missing_program_fails(self):
        self.assertEqual(run_logged(["./no-such-program"], self.folder.name, self.log, 5.0), 127)

    def test_the_deadline_ends_the_whole_group(self):
        pid_file = Path(self.folder.name) / "pid"
        status = self.run_shell(f"sleep 600 & echo $! > {pid_file}; wait", 0.5)
        self.assertIsNone(status)
        pid = int(pid_file.read_text())
        # Gone, or a zombie that nobody has collected yet.
        stat = Path(f"/proc/{pid}/stat")
        self.assertTrue(not stat.exists() or stat.read_text().split()[2] in "ZX")

    def test_what_is_left_running_is_ended(self):
        pid_file = Path(self.folder.name) / "pid"
        self.assertEqual(self.run_shell(f"sleep 600 & echo $! > {pid_file}"), 0)
        stat = Path(f"/proc/{int(pid_file.read_text())}/stat")
        self.assertTrue(not stat.exists() or stat.read_text().split()[2] in "ZX")

    def test_a_daemon_in_a_session_of_its_own_is_ended(self):
        pid_file = Path(self.folder.name) / "pid"
        script = f"setsid bash -c 'echo $$ > {pid_file}; exec sleep 600' & until [ -s {pid_file} ]; do :; done"
        self.assertEqual(self.run_shell(script), 0)
        stat = Path(f"/proc/{int(pid_file.read_text())}/stat")
        self.assertFalse(stat.exists())

    def test_environment(self):
        with mock.patch.dict(os.environ, {"ORCHESTRATOR_STORE": "memory:", "ORCHESTRATOR_FIXTURES": "/f"}):
            self.run_shell('echo "$ORCHESTRATOR_STORE|$ORCHESTRATOR_FIXTURES"; test -d "$XDG_STATE_HOME"')
        self.assertEqual(self.log.read_text(), "|/f\n")


if __name__ == "__main__":
    unittest.main()
