# SPDX-License-Identifier: Apache-2.0
"""The default store: several processes at once, the runs of the time before it, and a disk that is full."""

import os
import re
import subprocess
import unittest

from cli.program import STALLING, ProgramTest


class Store(ProgramTest):
    def ids(self, *flags):
        return [run["run_id"] for run in self.json_lines("runs", "list", "--json", *flags)]

    def test_a_second_writer_is_told_of_the_first(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        model = self.script({"text": "x"}, name="other.json")
        answer = self.fails(1, f"is held by process {live.process.pid}", "run", "--model", model, "Hi")
        self.assertIn("runs.db", answer.err)
        self.assertIn("wait until that one has ended, or write to another store", answer.err)
        # Looking works meanwhile, and so does what speaks to the run.
        self.assertEqual(self.ids(), [live.run_id])
        self.assertIn("OutputDelta", self.succeeds("runs", "events", live.run_id).out)
        self.succeeds("abort", live.run_id)
        self.assertEqual(live.finish(), 130)
        self.succeeds("run", "--model", model, "Hi")

    def test_a_chat_between_its_turns_keeps_nobody_out(self):
        terminal = self.on_terminal("chat", "--model", self.script({"text": "Blue."}, {"text": "Green."}))
        terminal.until("> ")
        terminal.send("One\n")
        terminal.until("Blue.\n")
        terminal.until("> ", terminal.text.index("Blue."))
        self.succeeds("run", "--model", self.script({"text": "x"}, name="other.json"), "Between")
        terminal.send("Two\n")
        terminal.until("Green.\n")
        terminal.until("> ", terminal.text.index("Green."))
        terminal.send("/quit\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertEqual([run["input_preview"] for run in self.json_lines("runs", "list", "--json")],
                         ["Two", "Between", "One"])

    def test_runs_of_the_old_default_are_taken_over(self):
        old = f"jsonl:{self.folder}/state/orchestrator/journal"
        model = self.script({"text": "Blue."}, {"text": "Green."})
        self.succeeds("run", "--store", old, "--model", model, "One")
        session = re.search(r"ses_\w{26}", self.succeeds("runs", "show", "@last", "--store", old).out).group()
        before = self.ids("--store", old)
        answer = self.succeeds("runs", "list", "--json")
        self.assertRegex(answer.err, rf"^took 1 run over from {old} into sqlite:.*/runs\.db; that folder is kept")
        self.assertEqual(self.ids(), before)
        self.assertEqual(self.succeeds("runs", "list").err, "", "once")
        self.assertEqual(self.ids("--store", old), before)
        # It goes on as if it had always been here.
        self.succeeds("run", "--model", model, "--session", session, "Two")
        shown = self.json_lines("sessions", "show", session, "--json")[0]
        self.assertEqual([run["input_preview"] for run in shown["runs"]], ["One", "Two"])

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small disk needs root")
    def test_the_disk_is_full_and_then_is_not(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], check=False,
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        store = ["--store", f"sqlite:{disk}/runs.db"]
        self.succeeds("run", *store, "--model", self.script({"text": "short"}), "Hi")
        live = self.start("run", "--json", *store, "--model",
                          self.script({"text": "word " * 40000, "delta_chars": 500}, name="long.json"), "Hi")
        self.assertEqual(live.finish(), 1)
        self.assertRegex(live.errors(), "(?i)no space|full")
        stored = [event["seq"] for event in self.json_lines("runs", "events", live.run_id, *store, "--json")]
        shown = [event["seq"] for event in live.events]
        self.assertEqual(shown, stored[:len(shown)], "what was shown is there")
        self.assertGreater(len(shown), 5)
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        self.succeeds("abort", live.run_id, *store)
        self.succeeds("run", *store, "--model", self.script({"text": "again"}, name="again.json"), "Hi")
        self.assertEqual([run["status"] for run in self.json_lines("runs", "list", "--json", *store)],
                         ["completed", "aborted", "completed"])
