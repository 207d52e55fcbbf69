# SPDX-License-Identifier: Apache-2.0
"""`orchestrator chat` at a terminal and on a pipe."""

import json
import re

from cli.program import STALLING, ProgramTest


class Chat(ProgramTest):
    def test_turn_after_turn_on_a_terminal(self):
        terminal = self.on_terminal("chat", "--model", self.script({"text": "Blue."}, {"text": "Green."}))
        terminal.until("> ")
        terminal.send("Name a colour.\n")
        terminal.until("Blue.\n")
        terminal.until("> ", terminal.text.index("Blue."))
        terminal.send("Another,\\\nplease.\n")
        terminal.until("Green.\n")
        terminal.until("> ", terminal.text.index("Green."))
        terminal.send("/quit\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        session = re.search(r"chat --session (ses_\w+)", terminal.text).group(1)
        runs = self.json_lines("runs", "list", "--json", "--session", session)
        self.assertEqual([run["input_preview"] for run in runs], ["Another, please.", "Name a colour."])

    def test_ctrl_c_aborts_the_answer_then_leaves(self):
        terminal = self.on_terminal("chat", "--model", self.script(STALLING))
        terminal.until("> ")
        terminal.send("Go\n")
        terminal.until("one two")
        terminal.send("\x03")
        terminal.until("aborted by Ctrl-C")
        terminal.until("> ", terminal.text.index("aborted by"))
        terminal.send("\x03")
        self.assertEqual(terminal.finish(), 130, terminal.text)
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["status"], "aborted")

    def test_ctrl_d_leaves(self):
        terminal = self.on_terminal("chat", "--model", self.script({"text": "x"}))
        terminal.until("> ")
        terminal.send("\x04")
        self.assertEqual(terminal.finish(), 0, terminal.text)

    def test_lines_of_a_pipe(self):
        model = self.script({"text": "Blue."}, {"text": "Green."})
        answer = self.succeeds("chat", "--model", model, stdin="Name a colour.\n\n  \n/help\nAnother.\n".encode())
        self.assertEqual(answer.out, "Blue.\nGreen.\n")
        self.assertNotIn("> ", answer.err)
        session = re.search(r"session (ses_\w+)", answer.err).group(1)
        answer = self.succeeds("chat", "--json", "--model", model, "--session", session, stdin=b"Again.\n")
        started = json.loads(answer.out.splitlines()[0])
        self.assertEqual(started["session_id"], session)

    def test_a_script_learns_how_the_last_answer_ended(self):
        model = self.script({"text": "x", "faults": [{"kind": "http", "status": 400}]})
        self.fails(1, "", "chat", "--model", model, stdin=b"Go\n")

    def test_a_broken_line_does_not_end_it(self):
        answer = self.run_program("chat", "--model", self.script({"text": "Fine."}), stdin=b"ab\xff\nGo\n")
        self.assertIn("not valid UTF-8: byte 2", answer.err)
        self.assertEqual((answer.returncode, answer.out), (0, "Fine.\n"))
