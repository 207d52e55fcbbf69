# SPDX-License-Identifier: Apache-2.0
"""What is remembered over sessions, from the command line and by tools, and what a request of a run held."""

import json
import re

from cli.program import ProgramTest


class Memory(ProgramTest):
    def add(self, text, *arguments):
        return self.succeeds("memory", "add", text, *arguments).out.strip()

    def test_what_is_added_is_found_by_its_user(self):
        key = self.add("The spare key is under the mat.")
        bike = self.add("The bicycle is green.", "--user", "bob")
        self.assertRegex(key, r"^mem_\w{26}$")
        lines = self.succeeds("memory", "search", "Where are the KEYS?").out.splitlines()
        self.assertRegex(lines[0], r"^MEMORY +LANE +MADE \(UTC\) +TEXT$")
        self.assertRegex(lines[1], rf"^{key} +semantic +\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d +The spare key is under the mat\.$")
        self.assertEqual(len(lines), 2)
        none = self.succeeds("memory", "search", "bicycle")
        self.assertEqual(none.out, "")
        self.assertRegex(none.err, r"^no memory of no user in particular found in sqlite:.*/memory\.db\n$")
        found = self.json_lines("memory", "search", "bicycle", "--user", "bob", "--json")
        self.assertEqual([each["id"] for each in found], [bike])
        self.assertGreater(found[0]["score"], 0)

    def test_list_is_newest_first_and_narrowed_by_lane(self):
        self.add("one")
        self.add("two", "--lane", "episodic")
        self.assertEqual([each["text"] for each in self.json_lines("memory", "list", "--json")], ["two", "one"])
        self.assertEqual([each["text"] for each in self.json_lines("memory", "list", "--lane", "semantic", "--json")],
                         ["one"])
        self.assertEqual([each["text"] for each in self.json_lines("memory", "list", "--limit", "1", "--json")], ["two"])

    def test_forget(self):
        first = self.add("a canary called Pip")
        self.add("another", "--lane", "episodic")
        self.assertEqual(self.succeeds("memory", "forget", first).out, "forgot 1 memory\n")
        self.fails(2, f"no memory {first} of this user", "memory", "forget", first)
        self.fails(2, "name a memory", "memory", "forget")
        self.fails(2, "--dry-run", "memory", "forget", "--all")
        self.assertRegex(self.succeeds("memory", "forget", "--all", "--dry-run").out, r"^mem_\w{26}\n$")
        self.assertEqual(self.succeeds("memory", "forget", "--all", "--yes").out, "forgot 1 memory\n")
        self.assertEqual(self.succeeds("memory", "list").out, "")
        files = list((self.folder / "state").rglob("memory.db*"))
        self.assertTrue(files)
        for file in files:
            self.assertNotIn(b"Pip", file.read_bytes(), file.name)

    def test_forget_by_age_leaves_what_is_younger(self):
        self.add("young")
        self.assertEqual(self.succeeds("memory", "forget", "--older-than", "1h", "--yes").out, "forgot 0 memories\n")
        self.assertEqual(len(self.json_lines("memory", "list", "--json")), 1)
        self.fails(2, "--older-than", "memory", "forget", "--older-than", "soon", "--yes")

    def test_export_holds_everything_of_the_user(self):
        ids = [self.add(f"fact {i}") for i in range(3)]
        self.add("not mine", "--user", "bob")
        exported = self.json_lines("memory", "export")
        self.assertEqual([each["id"] for each in exported], ids)
        self.assertEqual(exported[0]["embedding"], None)

    def test_bad_input_is_refused_and_named(self):
        self.fails(2, "--session", "memory", "add", "x", "--session", "nonsense")
        self.fails(2, "text", "memory", "add", "")
        self.fails(2, "working", "memory", "add", "x", "--lane", "deep")
        self.fails(2, "nowhere:", "memory", "list", environment={"ORCHESTRATOR_MEMORY": "nowhere:"})

    def test_a_model_remembers_and_the_next_run_recalls(self):
        learn = self.script({"tool_calls": [{"name": "remember", "arguments": {"text": "Tea is Assam."}}]},
                            {"text": "Kept."}, name="learn.json")
        ask = self.script({"tool_calls": [{"name": "recall", "arguments": {"query": "which tea"}}]},
                          {"text": "Assam."}, name="ask.json")
        self.succeeds("run", "--model", learn, "--tool", "remember", "I like Assam.")
        self.succeeds("run", "--model", ask, "--tool", "recall", "What do I like?")
        events = self.json_lines("runs", "events", "@last", "--json")
        finished = next(event for event in events if event["type"] == "ToolCallFinished")
        recalled = json.loads(finished["data"]["result"][0]["json"])
        self.assertEqual([each["text"] for each in recalled["memories"]], ["Tea is Assam."])


class Context(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.script({"text": "I see. " + "Words follow. " * 12})

    def talk(self, count, *arguments):
        session = []
        for i in range(count):
            answer = self.succeeds("run", "--model", self.model, *session, *arguments, f"Question {i}. " + "x" * 100)
            session = ["--session", re.search(r"ses_\w{26}", answer.err).group()]

    def test_manifest_of_a_compacted_context(self):
        self.talk(6, "--context-tokens", "250", "--when-full", "extract", "--pin", "name=The user is called Ada.")
        text = self.succeeds("runs", "show", "@last", "--context", "last").out
        self.assertRegex(text, r"^turn 1: \d+ items, about \d+ tokens of 250\n")
        self.assertRegex(text, r"pinned +pinned +\d+ +name +\w{12} +The user is called Ada\.")
        self.assertRegex(text, r"kept +(summary|history) +\d+ +\w{12} +Earlier in this conversation, in extracts:")
        shown = self.json_lines("runs", "show", "@last", "--context", "1", "--json")[0]
        self.assertLessEqual(shown["tokens_estimate"], 250)
        self.assertEqual(shown["items"][0]["verdict"], "pinned")
        self.assertEqual(shown["items"][-1]["source"], "input")

    def test_turns_that_made_no_request_are_refused(self):
        self.talk(1)
        self.fails(2, "expected 1 to 1", "runs", "show", "@last", "--context", "7")
        self.fails(2, "--context", "runs", "show", "@last", "--context", "first")

    def test_a_turn_does_not_differ_from_itself(self):
        self.talk(1)
        self.assertIn("no difference", self.succeeds("runs", "show", "@last", "--context", "1", "--with", "1").out)

    def test_pins_stay_in_the_session_until_they_are_unpinned(self):
        self.talk(1, "--pin", "a=First.", "--pin", "b=Second.")
        session = self.json_lines("runs", "list", "--json")[0]["session_id"]
        self.succeeds("run", "--model", self.model, "--session", session, "--unpin", "a", "Go on.")
        shown = self.json_lines("runs", "show", "@last", "--context", "last", "--json")[0]
        self.assertEqual([item["reason"] for item in shown["items"] if item["verdict"] == "pinned"], ["b"])
        self.fails(2, "--pin", "run", "--model", self.model, "--pin", "nothing", "x")
