# SPDX-License-Identifier: Apache-2.0
"""The example that takes an HTTP resource back does so. Run from the project's root with a release build in place."""
import pathlib
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class UndoHttp(unittest.TestCase):
    def test_notes_go_and_come_back(self):
        """Its own exit status says whether the server held what it should at each point."""
        done = subprocess.run([ROOT / "build" / "release" / "bin" / "undo_http"], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        counts = [line.rsplit(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith("after")]
        self.assertEqual(counts, ["2 notes", "0 notes", "2 notes"])


if __name__ == "__main__":
    unittest.main()
