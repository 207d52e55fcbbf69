# SPDX-License-Identifier: Apache-2.0
"""Runs that came out of a file: nobody acts on one, in the folder that it names, without having said so."""

from cli.program import ProgramTest

WRITE = {"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "hello"}}]}
DONE = {"text": "All done."}


class ImportedRun(ProgramTest):
    def setUp(self):
        super().setUp()
        self.work = self.folder / "work"
        self.work.mkdir()
        self.file = self.work / "a.txt"

    def approved(self):
        """A run whose call to write a file was approved, and that no process holds: whoever goes on with it writes."""
        answer = self.run_program("run", "--model", self.script(WRITE, DONE), "--workspace", "work", "Go")
        self.assertEqual(answer.returncode, 5, answer.err)
        run = self.json_lines("runs", "list", "--json")[0]["run_id"]
        self.succeeds("approve", run)
        return run

    def refused(self, *arguments):
        answer = self.run_program(*arguments)
        self.assertEqual(answer.returncode, 1, answer.err)
        self.assertIn("came out of a file", answer.err)
        self.assertIn(f"in the folder {self.work.resolve()}", answer.err)
        self.assertIn("--trust-imported", answer.err)

    def test_it_acts_only_where_that_is_said(self):
        run = self.approved()
        self.assertFalse(self.json_lines("runs", "show", run, "--json")[0]["imported"])
        self.succeeds("runs", "export", run, "--output", "run.orun")
        for url in (f"sqlite:{self.folder}/other.db", f"jsonl:{self.folder}/other"):
            with self.subTest(store=url):
                store = ("--store", url)
                self.succeeds("runs", "import", "run.orun", *store)
                self.assertRegex(self.succeeds("runs", "list", *store).out, rf"(?m)^{run} +active \(imported\)")
                self.assertIn("--trust-imported", self.succeeds("runs", "show", run, *store).out)
                self.refused("resume", run, *store)
                self.refused("fork", run, *store)
                self.assertFalse(self.file.exists())
                shown = self.json_lines("runs", "list", "--json", *store)
                self.assertEqual([(one["run_id"], one["imported"], one["held"]) for one in shown], [(run, True, False)])
                self.succeeds("runs", "verify", run, *store)
                self.succeeds("runs", "export", run, "--output", f"again-{url[:5]}.orun", *store)

                self.assertEqual(self.succeeds("resume", run, "--trust-imported", *store).out, "All done.\n")
                self.assertEqual(self.file.read_text(), "hello")
                self.assertTrue(self.json_lines("runs", "show", run, "--json", *store)[0]["imported"], "it stays so")
                self.succeeds("replay", run, *store)
                self.succeeds("undo", run, "--dry-run", *store)
                self.refused("undo", run, "--yes", *store)
                self.assertTrue(self.file.exists())
                self.succeeds("undo", run, "--yes", "--trust-imported", *store)
                self.assertFalse(self.file.exists())

    def test_where_it_began_it_is_free(self):
        run = self.approved()
        self.succeeds("runs", "export", run, "--output", "run.orun")
        self.succeeds("runs", "import", "run.orun")
        self.assertEqual(self.succeeds("resume", run).out, "All done.\n")
        self.assertEqual(self.file.read_text(), "hello")
