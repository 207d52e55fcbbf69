# SPDX-License-Identifier: Apache-2.0
"""Replays on the command line: each in a process of its own, over what another one has left in the store."""

import hashlib
import json
import re

from cli.program import ProgramTest

READ = {"tool_calls": [{"id": "c1", "name": "read_file", "arguments": {"path": "b.txt"}}]}
MATCHED = r"^matched: (\d+) events of (run_\w{26}), byte for byte, in [\d.]+ \w+ \(\d+ events/s\)\n$"


def rewritten(lines, change):
    """The lines with `change` made to the JSON of each event, and all hashes made anew."""
    head, made = bytes(32), []
    for line in lines:
        step, rest = line.split(',"events":[', 1)
        text = rest.rsplit('],"head":"', 1)[0]
        events = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in json.loads(f"[{text}]")]
        assert ",".join(events) == text, "the events do not come back as they were"
        for index, event in enumerate(events):
            events[index] = change(event)
            envelope, data = events[index][:-1].split(',"data":', 1)
            head = hashlib.sha256(head + envelope.encode() + hashlib.sha256(data.encode()).digest()).digest()
        text = f'{step},"events":[{",".join(events)}],"head":"{head.hex()}"'
        made.append(f'{text},"check":"{hashlib.sha256(text.encode()).hexdigest()[:16]}"}}')
    return made


class Replay(ProgramTest):
    def setUp(self):
        super().setUp()
        # Tests that change what is stored need it line by line.
        self.environment["ORCHESTRATOR_STORE"] = f"jsonl:{self.folder}/state/journal"
        work = self.folder / "work"
        work.mkdir()
        (work / "b.txt").write_text("first line\n")
        model = self.script(READ, {"text": "It has one line."})
        self.succeeds("run", "--model", model, "--workspace", "work", "Look")
        self.run = self.json_lines("runs", "list", "--json")[0]
        self.run_id = self.run["run_id"]

    def journal(self):
        return next(self.folder.glob(f"state/**/{self.run_id}/journal.jsonl"))

    def change(self, old, new):
        lines = self.journal().read_text().splitlines()
        self.assertIn(old, "".join(lines))
        self.journal().write_text("".join(line + "\n" for line in rewritten(lines, lambda e: e.replace(old, new, 1))))

    def test_a_run_comes_out_again(self):
        (self.folder / "work/b.txt").unlink()
        (self.folder / "script.json").unlink()
        answer = self.succeeds("replay", self.run_id)
        found = re.match(MATCHED, answer.out)
        self.assertTrue(found, answer.out)
        self.assertEqual(int(found.group(1)), self.run["events"])
        self.assertEqual(found.group(2), self.run_id)
        newest = self.json_lines("runs", "list", "--json")[0]
        self.assertEqual(newest["status"], "completed")
        self.assertEqual(newest["finish_reason"], "matched")
        self.assertEqual(newest["input_preview"], f"replay of {self.run_id} up to event {self.run['events']}")
        self.assertRegex(self.succeeds("replay", "@last").out, MATCHED)

    def test_its_events(self):
        events = self.json_lines("replay", self.run_id, "--json", "--to", "3", "--mode", "compat")
        self.assertEqual([event["type"] for event in events],
                         ["RunStarted", "ReplayStarted", "ReplayMatched", "Completed"])
        self.assertEqual(events[0]["data"]["parent"]["run_id"], self.run_id)
        self.assertEqual(events[1]["data"], {"mode": "compat", "to_seq": 3})
        self.assertEqual(events[2]["data"]["events"], 3)
        self.assertEqual(self.succeeds("replay", self.run_id, "--quiet").out, "")

    def test_a_token(self):
        token = self.succeeds("runs", "token", self.run_id).out.strip()
        self.assertEqual(self.succeeds("runs", "token", self.run_id).out.strip(), token)
        parts = self.json_lines("runs", "token", self.run_id, "--at", "4", "--json")[0]
        self.assertEqual((parts["run_id"], parts["seq"]), (self.run_id, 4))
        self.assertRegex(self.succeeds("replay", token).out, MATCHED)
        self.fails(2, "not a replay token", "replay", token[:-9])
        self.change('"tokens_estimate":', '"tokens_estimate":7')
        self.fails(6, "the journal is not the one that the token is of", "replay", token)

    def test_a_difference_is_named(self):
        self.change('"tokens_estimate":', '"tokens_estimate":7')
        answer = self.fails(6, "came out differently at /data/tokens_estimate", "replay", self.run_id)
        self.assertRegex(answer.err, r"(?m)^expected 7\d+$")
        self.assertRegex(answer.err, r"(?m)^found    \d+$")
        events = [json.loads(line) for line in self.run_program("replay", self.run_id, "--json").out.splitlines()]
        self.assertEqual([event["type"] for event in events],
                         ["RunStarted", "ReplayStarted", "ReplayDiverged", "Error"])
        self.assertEqual(events[3]["data"]["error"]["code"], "replay_diverged")

    def test_a_damaged_journal(self):
        lines = self.journal().read_text().splitlines()
        lines[2] = lines[2].replace("1", "2", 1)
        self.journal().write_text("".join(line + "\n" for line in lines))
        self.fails(6, "step 3", "replay", self.run_id)

    def test_another_version(self):
        self.change('"runtime_version":"', '"runtime_version":"9')
        self.fails(1, "runtime version: 9", "replay", self.run_id)
        answer = self.succeeds("replay", self.run_id, "--mode", "compat")
        self.assertRegex(answer.out, MATCHED)
        self.assertRegex(answer.err, r"(?m)^runtime version: 9\S+ then, \S+ now$")

    def test_what_is_not_there(self):
        self.fails(3, "run", "replay", "run_01AAAAAAAAAAAAAAAAAAAAAAAA")
        self.fails(2, "expected 1 to", "replay", self.run_id, "--to", "4000")
        self.fails(2, "--to", "replay", self.run_id, "--to", "0")
        self.fails(2, "--mode", "replay", self.run_id, "--mode", "loose")
        self.fails(3, "run", "runs", "token", "run_01AAAAAAAAAAAAAAAAAAAAAAAA")
