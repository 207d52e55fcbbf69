# SPDX-License-Identifier: Apache-2.0
"""Undo on the command line: the plan, the question, what is taken back and what is not, and how it ends."""

import shutil

from cli.program import ProgramTest

CALLS = {"tool_calls": [
    {"name": "edit_file", "arguments": {"path": "a.txt", "old": "one", "new": "two"}},
    {"name": "make_directory", "arguments": {"path": "src"}},
    {"name": "write_file", "arguments": {"path": "src/b.txt", "content": "bee"}},
]}
COMMAND = {"tool_calls": [{"name": "run_command", "arguments": {"argv": ["true"]}}]}
DONE = {"text": "All done."}


class WorkTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.work = self.folder / "work"
        self.work.mkdir()
        (self.work / "a.txt").write_text("one\n")

    def acted(self, *turns):
        """Carries the turns out; the run's id."""
        answer = self.run_program("run", "--model", self.script(*turns, DONE), "--workspace", "work", "--approve",
                                  "never", "Go")
        self.assertEqual(answer.returncode, 0, answer.err)
        return self.json_lines("runs", "show", "@last", "--json")[0]["run_id"]

    def files(self):
        return {str(path.relative_to(self.work)): path.read_text() if path.is_file() else None
                for path in self.work.rglob("*")}


class UndoTest(WorkTest):
    def test_a_dry_run_shows_and_changes_nothing(self):
        run = self.acted(CALLS)
        before = self.files()
        text = self.succeeds("undo", run, "--dry-run").out
        self.assertRegex(text, r"(?m)^1 +\d+ +\S+ +write_file +restorable +removes src/b.txt$")
        self.assertRegex(text, r"(?m)^3 +\d+ +\S+ +edit_file +restorable +restores a.txt, 4 bytes$")
        steps = self.json_lines("undo", run, "--dry-run", "--json")
        self.assertEqual([step["tool"] for step in steps], ["write_file", "make_directory", "edit_file"])
        self.assertEqual({step["verdict"] for step in steps}, {"restorable"})
        self.assertEqual(self.files(), before)
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 1)

    def test_all_is_taken_back_and_so_is_the_undo(self):
        run = self.acted(CALLS)
        after = self.files()
        text = self.succeeds("undo", run, "--yes").out
        self.assertRegex(text, r"(?m)^3 +edit_file +restored ")
        self.assertEqual(self.files(), {"a.txt": "one\n"})
        undo = self.json_lines("runs", "list", "--json")[0]
        self.assertEqual((undo["kind"], undo["finish_reason"]), ("undo", "undone"))
        self.assertEqual(undo["input_preview"], f"undo of {run}")
        again = self.succeeds("undo", undo["run_id"], "--yes").out
        self.assertRegex(again, r"(?m)^1 +edit_file +restored +restores a.txt, 4 bytes$")
        self.assertEqual(self.files(), after)

    def test_nothing_to_undo(self):
        run = self.acted({"text": "Only words."})
        self.assertEqual(self.succeeds("undo", run, "--yes").out,
                         f"nothing to undo: run {run} called no tool that changes anything\n")
        run = self.acted(CALLS)
        last = self.json_lines("runs", "show", run, "--json")[0]["events"]
        self.assertIn(f"after event {last}", self.succeeds("undo", run, "--to", str(last), "--yes").out)
        self.succeeds("undo", run, "--yes")
        undo = self.json_lines("runs", "list", "--json")[0]["run_id"]
        text = self.succeeds("undo", run, "--yes").out
        self.assertRegex(text, rf"(?m)^1 .* nothing to do +already taken back by undo {undo}$")
        self.assertIn("\nnothing to undo: each of these calls was taken back before", text)
        self.assertEqual(self.json_lines("undo", run, "--yes", "--json"), [])
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["run_id"], undo)

    def test_what_consent_cannot_overwrite_says_so(self):
        run = self.acted(CALLS)
        (self.work / "src" / "mine.txt").write_text("mine\n")
        answer = self.run_program("undo", run, "--yes", "--overwrite", "all")
        self.assertEqual(answer.returncode, 7, answer.err)
        self.assertIn("src/mine.txt: it lies in the folder src, which goes only when it is empty; it cannot be overwritten",
                      answer.out)
        self.assertIn("what is in conflict is left as it is", answer.err)
        self.assertNotIn("--overwrite PATH", answer.err)
        self.assertEqual((self.work / "src" / "mine.txt").read_text(), "mine\n")

    def test_to_a_point(self):
        run = self.acted(CALLS)
        steps = self.json_lines("undo", run, "--dry-run", "--json")
        self.succeeds("undo", run, "--to", str(steps[2]["seq"]), "--yes")
        self.assertEqual(self.files(), {"a.txt": "two\n"})
        self.fails(2, "no checkpoint 'nowhere'", "undo", run, "--to", "nowhere", "--yes")
        self.fails(2, "and no 100000", "undo", run, "--to", "100000", "--yes")

    def test_a_conflict_stays_unless_it_is_named(self):
        run = self.acted(CALLS)
        (self.work / "a.txt").write_text("mine\n")
        text = self.succeeds("undo", run, "--dry-run").out
        self.assertRegex(text, r"edit_file +conflict +a.txt: its content is another \(expected [0-9a-f]{12}, found ")
        answer = self.run_program("undo", run, "--yes")
        self.assertEqual(answer.returncode, 7, answer.err)
        self.assertIn("1 of 3 steps did not restore", answer.err)
        self.assertIn("--overwrite PATH puts back there what was before the call", answer.err)
        self.assertEqual(self.files(), {"a.txt": "mine\n"})
        done = self.succeeds("undo", run, "--yes", "--overwrite", "a.txt", "--overwrite", "other.txt")
        self.assertIn("--overwrite 'other.txt' is not needed", done.err)
        self.assertNotIn("'a.txt' is not needed", done.err)
        self.assertEqual(self.files(), {"a.txt": "one\n"})

    def test_commands_cannot_be_taken_back(self):
        run = self.acted(COMMAND)
        self.assertRegex(self.succeeds("undo", run, "--dry-run").out, r"run_command +not undoable +calls of run_command")
        self.assertEqual(self.run_program("undo", run, "--yes").returncode, 7)

    def test_without_a_terminal_it_needs_a_yes(self):
        run = self.acted(CALLS)
        self.fails(2, "--dry-run, then give --yes", "undo", run)
        self.fails(3, "", "undo", "run_0000", "--yes")

    def test_what_an_undo_under_way_reads_cannot_be_removed(self):
        self.environment["ORCHESTRATOR_STORE"] = f"jsonl:{self.folder}/journals"
        run = self.acted(CALLS)
        self.succeeds("undo", run, "--yes")
        shown = self.json_lines("runs", "list", "--json")[0]
        undo = shown["run_id"]
        journal = next(path for path in (self.folder / "journals").rglob("*")
                       if path.is_file() and undo in str(path) and b"UndoPlanned" in path.read_bytes())
        journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:-1]))
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["status"], "active")
        for arguments in (("runs", "delete", run), ("runs", "delete", run, "--with-forks"),
                          ("runs", "delete", run, undo), ("sessions", "delete", shown["session_id"])):
            answer = self.fails(1, undo, *arguments, "--yes")
            self.assertIn(f"`orchestrator resume {undo}` or `orchestrator abort {undo}` has to end it first", answer.err)
        pruned = self.succeeds("runs", "prune", "--keep", "0", "--yes")
        self.assertIn(f"keeps: run {undo}, an undo that has not ended, reads run {run}", pruned.err)
        self.succeeds("resume", undo)
        self.assertEqual(self.files(), {"a.txt": "one\n"})
        self.succeeds("runs", "delete", run, "--yes")

    def test_what_is_gone_from_the_store_is_said(self):
        self.environment["ORCHESTRATOR_STORE"] = f"jsonl:{self.folder}/journals"
        run = self.acted(CALLS)
        shutil.rmtree(self.folder / "journals/blobs")
        (self.folder / "journals/blobs").mkdir()
        text = self.succeeds("undo", run, "--dry-run").out
        self.assertRegex(text, r"(?m)^3 +\d+ +\S+ +edit_file +not undoable +cannot be undone: its content is gone ")
        self.assertEqual(self.run_program("undo", run, "--yes").returncode, 7)
        self.assertEqual(self.files(), {"a.txt": "two\n"})

    def test_events_as_json(self):
        run = self.acted(CALLS)
        types = [event["type"] for event in self.json_lines("undo", run, "--yes", "--json")]
        self.assertEqual(types[:2], ["RunStarted", "UndoPlanned"])
        self.assertEqual(types.count("CompensationFinished"), 3)
        self.assertEqual(types[-1], "Completed")

    def test_a_person_is_asked(self):
        run = self.acted(CALLS)
        before = self.files()
        terminal = self.on_terminal("undo", run)
        terminal.until("Take these calls back?")
        terminal.send("n\n")
        self.assertEqual(terminal.finish(), 4)
        self.assertEqual(self.files(), before)
        terminal = self.on_terminal("undo", run)
        terminal.until("Take these calls back?")
        terminal.send("y\n")
        self.assertEqual(terminal.finish(), 0)
        self.assertEqual(self.files(), {"a.txt": "one\n"})
