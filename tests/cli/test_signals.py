# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C, SIGTERM and SIGHUP: the first ends the run cleanly and keeps what was there, the second leaves at once."""

import fcntl
import json
import signal
import subprocess

from cli.program import PROGRAM, STALLING, Live, ProgramTest, end

F_SETPIPE_SZ = 1031


class Signals(ProgramTest):
    def ended(self):
        return self.json_lines("runs", "show", "@last", "--json")[0]

    def test_ctrl_c_on_a_terminal(self):
        terminal = self.on_terminal("run", "--model", self.script(STALLING), "Go")
        terminal.until("one two")
        terminal.send("\x03")
        self.assertEqual(terminal.finish(), 130, terminal.text)
        self.assertIn("aborted by Ctrl-C", terminal.text)
        shown = self.ended()
        self.assertEqual(shown["status"], "aborted")
        self.assertEqual(shown["ended"]["by"], "Ctrl-C")
        self.assertTrue(shown["ended"]["partial_output"].startswith("one two"))

    def test_a_closed_terminal(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        live.process.send_signal(signal.SIGHUP)
        self.assertEqual(live.finish(), 130)
        self.assertEqual(live.events[-1]["data"]["by"], "SIGHUP")

    def test_what_was_ignored_stays_ignored(self):
        process = subprocess.Popen(
            ["sh", "-c", f"trap '' HUP INT; exec '{PROGRAM}' run --json --model '{self.script(STALLING)}' Go"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=self.environment,
            cwd=self.folder)
        self.addCleanup(end, process)
        live = Live(process)
        live.until("OutputDelta")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(live.finish(), 130)
        self.assertEqual(live.events[-1]["data"]["by"], "SIGTERM")

    def test_terminate(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        live.process.send_signal(signal.SIGTERM)
        self.assertEqual(live.finish(), 130)
        self.assertEqual([event["type"] for event in live.events if event["type"].startswith("Abort")],
                         ["AbortRequested", "Aborted"])
        self.assertEqual(live.events[-1]["data"]["by"], "SIGTERM")

    def test_interrupt_before_the_first_answer(self):
        live = self.start_run(self.script({"text": "late", "first_delay_ms": 600000}))
        live.until("ProviderRequested")
        live.process.send_signal(signal.SIGINT)
        self.assertEqual(live.finish(), 130)
        self.assertEqual(live.events[-1]["type"], "Aborted")

    def test_the_second_signal_leaves_at_once(self):
        # Nobody reads stdout, so the program cannot come to its end by itself.
        turn = {"text": "word " * 20000, "delta_chars": 1000, "faults": [{"kind": "stall", "after_bytes": 90000}]}
        live = self.start("run", "--json", "--model", self.script(turn), "Go")
        fcntl.fcntl(live.process.stdout, F_SETPIPE_SZ, 4096)
        live.until("RunStarted")
        follower = self.start("runs", "events", live.run_id, "--follow", "--json")
        follower.until("OutputDelta")
        live.process.send_signal(signal.SIGINT)
        follower.until("Aborted")
        live.process.send_signal(signal.SIGINT)
        self.assertEqual(live.process.wait(60), 130)
        self.assertIn(f"orchestrator runs show {live.run_id}", live.errors())
        self.assertEqual(follower.finish(), 0)
        self.assertEqual(self.ended()["status"], "aborted")

    def test_the_journal_of_an_aborted_run_is_whole(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        live.process.send_signal(signal.SIGINT)
        self.assertEqual(live.finish(), 130)
        stored = self.json_lines("runs", "events", live.run_id, "--json")
        self.assertEqual(json.dumps(stored), json.dumps(live.events))
