# SPDX-License-Identifier: Apache-2.0
"""`orchestrator run` on a pipe, on a terminal and with --json: what goes where, and what a run is told."""

import json
import re

from cli.program import ProgramTest

HELLO = {"text": "Hello, world.", "reasoning": "They greet me.", "usage": {"input": 12, "output": 4, "reasoning": 2}}
HOSTILE = "a\x1b[2Jb\x1b]52;c;c2VjcmV0\x07c\x1b]8;;http://x/\x1b\\d\x9b31me\x1bPq\x1b\\f\rg\x00h"


class OnAPipe(ProgramTest):
    def test_text_on_stdout_and_notes_on_stderr(self):
        answer = self.succeeds("run", "--model", self.script(HELLO), "Hi")
        self.assertEqual(answer.out, "Hello, world.\n")
        self.assertRegex(answer.err, r"run run_[0-9A-Z]{26}, session ses_[0-9A-Z]{26}\n")
        self.assertIn("model scripted/script.json\n", answer.err)
        self.assertRegex(answer.err, r"done: 12 in, 4 out \(2 reasoning\) tokens; .*first token .*total .*; next: "
                                     r"orchestrator runs show run_\w+, or orchestrator run --session ses_\w+")
        self.assertNotIn("They greet me", answer.err)
        self.assertNotIn("\x1b", answer.err)

    def test_json_is_one_event_a_line_and_nothing_else(self):
        answer = self.succeeds("run", "--json", "--model", self.script(HELLO), "Hi")
        events = [json.loads(line) for line in answer.out.splitlines()]
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        self.assertEqual(events[0]["type"], "RunStarted")
        self.assertEqual(events[-1]["type"], "Completed")
        self.assertEqual("".join(event["data"]["text"] for event in events if event["type"] == "OutputDelta"),
                         "Hello, world.")
        self.assertEqual(answer.err, "")

    def test_escapes_of_the_model_stay_away_from_the_terminal(self):
        model = self.script({"text": HOSTILE})
        self.assertEqual(self.succeeds("run", "--model", model, "Hi").out, "abcdefgh\n")
        answer = self.succeeds("run", "--json", "--model", model, "Hi")
        self.assertNotRegex(answer.out, "[\x00-\x09\x0b-\x1f]")
        self.assertEqual(json.loads(answer.out.splitlines()[-1])["data"]["output"], HOSTILE)
        for view in (["runs", "show", "@last"], ["runs", "events", "@last"], ["runs", "list"]):
            self.assertNotRegex(self.succeeds(*view).out, "[\x00-\x08\x0b-\x1f\x7f-\x9f]", view)

    def test_prompt_from_stdin(self):
        model = self.script(HELLO)
        self.succeeds("run", "--model", model, "-", stdin="from\nstdin ä\n".encode())
        self.succeeds("run", "--model", model, stdin=b"without the dash")
        shown = self.json_lines("runs", "list", "--json")
        self.assertEqual([run["input_preview"] for run in shown], ["without the dash", "from stdin ä"])

    def test_finish_reasons_are_told(self):
        answer = self.succeeds("run", "--model", self.script({"text": "cut", "finish": "length"}), "Hi")
        self.assertIn("the answer was cut off at the output limit", answer.err)
        answer = self.succeeds("run", "--model", self.script({"refusal": "I will not."}), "Hi")
        self.assertEqual(answer.out, "I will not.\n")
        self.assertIn("the model refused", answer.err)

    def test_flags_reach_the_run(self):
        (self.folder / "note.txt").write_text("a note\n")
        (self.folder / "schema.json").write_text('{\n"type": "object"\n}\n')
        answer = self.succeeds(
            "run", "--json", "--model", self.script(HELLO), "--system", "Be brief", "--set", "temperature=0.5",
            "--set", "stop=END", "--set", "metadata.team=red", "--set", "reasoning=low", "--max-output-tokens", "99",
            "--max-turns", "3", "--timeout", "1m30s", "--label", "ticket=42", "--file", "note.txt", "--no-remember",
            "--output-schema", "schema.json", "--drop-unsupported", "--no-tools", "--no-daemon", "Hi")
        data = json.loads(answer.out.splitlines()[0])["data"]
        self.assertEqual(data["system"], "Be brief")
        settings = data["settings"]
        self.assertEqual((settings["temperature"], settings["stop"], settings["max_output_tokens"]), (0.5, ["END"], 99))
        self.assertEqual(data["budgets"]["turns"], 3)
        self.assertEqual(data["timeouts"]["run_ms"], 90000)
        self.assertFalse(data["remember"])
        self.assertIn("ticket", json.dumps(data["labels"]))
        self.assertIn("a note", json.dumps(data["input"][0]))
        self.assertIn("Hi", json.dumps(data["input"][1]))
        self.assertEqual(settings["output_schema"]["name"], "schema")

    def test_a_session_goes_on_in_another_process(self):
        model = self.script({"text": "Blue."}, {"text": "Green."})
        first = self.succeeds("run", "--model", model, "Name a colour.")
        session = re.search(r"ses_\w+", first.err).group()
        second = self.succeeds("run", "--json", "--model", model, "--session", session, "Another.")
        started = json.loads(second.out.splitlines()[0])
        self.assertEqual(started["session_id"], session)
        self.assertGreater(started["data"]["history"]["items"], 0)
        self.assertEqual(json.loads(second.out.splitlines()[-1])["data"]["output"], "Green.")
        third = self.succeeds("run", "--json", "--model", model, "--session", session[:-3].lower(), "Again.")
        self.assertEqual(json.loads(third.out.splitlines()[0])["session_id"], session)

    def test_hints_go_with_the_first_request(self):
        answer = self.succeeds("run", "--json", "--model", self.script(HELLO), "--hint", "Be kind", "Hi")
        kinds = [json.loads(line)["type"] for line in answer.out.splitlines()]
        self.assertIn("HintQueued", kinds)
        self.assertIn("HintDelivered", kinds)

    def test_memory_store_leaves_nothing(self):
        self.succeeds("run", "--store", "memory:", "--model", self.script(HELLO), "Hi")
        self.assertFalse((self.folder / "state").exists() and any((self.folder / "state").rglob("*.jsonl")))


class OnATerminal(ProgramTest):
    def text_of(self, model, environment=None):
        terminal = self.on_terminal("run", "--model", model, "Hi", environment=environment)
        self.assertEqual(terminal.finish(), 0, terminal.text)
        return terminal.text

    def test_reasoning_is_dim_and_on_lines_of_its_own(self):
        text = self.text_of(self.script(HELLO))
        self.assertIn("\x1b[2m", text)
        plain = re.sub(r"\x1b\[[02]m", "", text)
        self.assertIn("\nThey greet me.\nHello, world.\ndone: ", plain)

    def test_no_colour_where_none_is_wanted(self):
        model = self.script(HELLO)
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": ""}, {"NO_COLOR": "1", "COLUMNS": "0"}):
            text = self.text_of(model, environment)
            self.assertNotIn("\x1b", text, environment)
            self.assertIn("\nHello, world.\n", text)

    def test_hostile_text(self):
        text = self.text_of(self.script({"text": HOSTILE, "reasoning": HOSTILE}), {"NO_COLOR": "1"})
        self.assertNotRegex(text, "[\x00-\x08\x0b-\x1f\x7f-\x9f]")
        self.assertEqual(text.count("abcdefgh"), 2, text)

    def test_lists_fit_the_terminal(self):
        self.succeeds("run", "--model", self.script(HELLO), "x" * 300)
        terminal = self.on_terminal("runs", "list", environment={"COLUMNS": "140"})
        self.assertEqual(terminal.finish(), 0)
        self.assertLessEqual(max(map(len, terminal.text.splitlines())), 140)
