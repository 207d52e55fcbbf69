# SPDX-License-Identifier: Apache-2.0
"""Forks on the command line, two runs compared, and a run on a time axis."""

from cli.program import STALLING, ProgramTest

CALLS = {"text": "Let me see.", "tool_calls": [{"id": "c1", "name": "read_file", "arguments": {"path": "a.txt"}},
                                               {"id": "c2", "name": "read_file", "arguments": {"path": "b.txt"}}]}


class Forks(ProgramTest):
    def setUp(self):
        super().setUp()
        work = self.folder / "work"
        work.mkdir()
        (work / "a.txt").write_text("first\n")
        (work / "b.txt").write_text("second\n")
        self.model = self.script(CALLS, {"text": "Done."}, {"text": "Done again."})
        self.succeeds("run", "--model", self.model, "--workspace", "work", "Read both")
        self.source = self.json_lines("runs", "show", "@last", "--json")[0]["run_id"]

    def events(self, run):
        return self.json_lines("runs", "events", run, "--json")

    def seq_of(self, kind, number=0):
        return [event["seq"] for event in self.events(self.source) if event["type"] == kind][number]

    def fork(self, *arguments):
        """The events of a fork."""
        return self.json_lines("fork", self.source, "--json", *arguments)

    def test_between_two_calls(self):
        before = self.events(self.source)
        at = self.seq_of("ToolCallFinished")
        answer = self.succeeds("fork", self.source, "--at", str(at))
        self.assertEqual(answer.out, "Done.\n")
        fork = self.json_lines("runs", "show", "@last", "--json")[0]
        self.assertEqual((fork["kind"], fork["status"]), ("fork", "completed"))
        self.assertEqual(fork["started"]["parent"]["run_id"], self.source)
        self.assertEqual(fork["started"]["parent"]["seq"], at)
        self.assertEqual(self.events(self.source), before)

    def test_inside_a_stream(self):
        self.assertEqual(self.fork("--at", str(self.seq_of("OutputDelta")))[-1]["data"]["output"], "Done.")

    def test_what_is_put_in_place(self):
        events = self.fork("--at", str(self.seq_of("ToolCallFinished")), "--tool-result", 'c2="nothing there"',
                           "--system", "Be brief", "--hint", "Go on", "--max-turns", "9")
        kinds = [event["type"] for event in events]
        self.assertNotIn("ToolCallStarted", kinds)
        forked = events[1]["data"]
        self.assertEqual(forked["changed"], ["hint", "settings", "system", "tool_result"])
        told = next(event["data"] for event in events if event["type"] == "ToolCallFinished")
        self.assertEqual(told["result"][0]["text"], "nothing there")
        self.assertIn("HintDelivered", kinds)

    def test_after_the_last_word(self):
        answer = self.fails(1, "had said its last word", "fork", self.source)
        self.assertIn(f"orchestrator fork {self.source} --hint TEXT", answer.err)
        self.assertRegex(answer.err, r"orchestrator run --session ses_\w+ TEXT")
        self.fails(1, "another input changes only what it began with", "fork", self.source, "--prompt", "And then?")
        self.assertEqual(self.fork("--hint", "And then?")[-1]["data"]["output"], "Done again.")

    def test_wrong_points_and_flags(self):
        self.fails(2, "and no 9999", "fork", self.source, "--at", "9999")
        self.fails(2, "--at: run " + self.source + " has no checkpoint 'here'; it has none", "fork", self.source, "--at",
                   "here")
        self.fails(2, "and no 0", "fork", self.source, "--at", "0")
        self.fails(2, "the run had no call 'c9'", "fork", self.source, "--at", "5", "--tool-result", "c9=1")
        self.fails(2, "has no JSON", "fork", self.source, "--tool-result", "c1=nothing")
        self.fails(2, "RULE=pass or RULE=deny", "fork", self.source, "--gate", "words=maybe")
        self.fails(2, "goes with --model", "fork", self.source, "--fallback", self.model)
        self.fails(3, "no run", "fork", "run_01ZZ")

    def test_a_label(self):
        live = self.start_run(self.script({"text": "one two three four five", "delta_chars": 4, "delay_ms": 40}))
        live.until("OutputDelta")
        self.succeeds("checkpoint", live.run_id, "here")
        self.assertEqual(live.finish(), 0)
        events = self.json_lines("fork", live.run_id, "--at", "here", "--json")
        seq = next(event["seq"] for event in live.events if event["type"] == "CheckpointCreated")
        self.assertEqual(events[0]["data"]["parent"]["seq"], seq)

    def test_a_number_is_no_label(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        self.fails(2, "a checkpoint's label cannot be a number", "checkpoint", live.run_id, "12")
        self.succeeds("abort", live.run_id)
        self.assertEqual(live.finish(), 130)

    def test_diff(self):
        self.fork("--at", str(self.seq_of("ToolCallFinished")), "--tool-result", 'c2="nothing there"')
        text = self.succeeds("runs", "diff", self.source, "@last").out
        self.assertRegex(text, r"(?m)^B  run_\w+  Completed \(stop\), fork of run_\w+ at event \d+$")
        self.assertRegex(text, r"(?m)^  turn 1 call read_file  shared$")
        self.assertRegex(text, r"(?m)^! turn 1 call read_file  \(A event \d+, B event \d+\)$")
        self.assertIn("nothing there", text)
        self.assertRegex(text, r"(?m)^first divergence: turn 1 call read_file ")
        compared = self.json_lines("runs", "diff", self.source, "@last", "--json")[0]
        first = compared["steps"][compared["first_divergence"]]
        self.assertEqual((first["kind"], first["name"], first["turn"]), ("call", "read_file", 1))
        self.assertEqual({one["field"] for one in first["differences"]} & {"output"}, {"output"})
        self.assertIn("nothing there", first["b"]["output"])
        self.assertEqual(first["a"]["request"], first["b"]["request"])
        self.assertIn("no divergence", self.succeeds("runs", "diff", self.source, self.source).out)

    def test_diff_of_long_texts_and_of_steps_that_one_run_has(self):
        shared = "the same words over and over, " * 10
        call = {"tool_calls": [{"id": "d1", "name": "list_files", "arguments": {}}]}
        scripts = {"a": [{"text": shared + "then A"}], "b": [{"text": shared + "then B"}],
                   "c": [call, {"text": shared + "then A"}]}
        runs = {}
        for name, turns in scripts.items():
            live = self.start_run(self.script(*turns, name=f"{name}.json"), "--workspace", "work", "--approve", "never")
            self.assertEqual(live.finish(), 0)
            runs[name] = live.run_id
        text = self.succeeds("runs", "diff", runs["a"], runs["b"]).out
        self.assertRegex(text, r"(?m)^    output: ….*then A \| ….*then B$")
        text = self.succeeds("runs", "diff", runs["a"], runs["c"]).out
        self.assertRegex(text, r"(?m)^\+ turn 1 answer  only in B \(B event \d+\)\n    output: nothing$")
        self.assertRegex(text, r"(?m)^\+ turn 1 call list_files  only in B \(B event \d+\)\n    arguments: \{\}\n    output: ")
        compared = self.json_lines("runs", "diff", runs["a"], runs["c"], "--json")[0]
        added = [step for step in compared["steps"] if step["a"] is None]
        self.assertEqual([(step["kind"], step["b"]["request"]) for step in added if step["kind"] == "call"],
                         [("call", "{}")])

    def test_lineage_in_both_directions(self):
        at = self.seq_of("ToolCallFinished")
        fork = self.fork("--at", str(at))[0]["run_id"]
        self.succeeds("replay", self.source)
        source = self.json_lines("runs", "show", self.source, "--json")[0]
        self.assertIsNone(source["parent"])
        self.assertEqual([child["kind"] for child in source["children"]], ["replay", "fork"])
        self.assertEqual(source["children"][1], {"run_id": fork, "kind": "fork", "status": "completed", "seq": at})
        shown = self.json_lines("runs", "show", fork, "--json")[0]
        self.assertEqual((shown["parent"], shown["children"]), ({"run_id": self.source, "seq": at}, []))
        self.assertRegex(self.succeeds("runs", "show", fork).out,
                         rf"(?m)^parent +fork of {self.source} at event {at}$")
        self.assertRegex(self.succeeds("runs", "show", self.source).out,
                         rf"(?m)^fork +{fork} at event {at}, completed \(stop\)$")
        listed = self.json_lines("runs", "list", "--parent", self.source, "--json")
        self.assertEqual([run["kind"] for run in listed], ["replay", "fork"])
        listed = self.json_lines("runs", "list", "--parent", self.source, "--kind", "fork", "--json")
        self.assertEqual([run["run_id"] for run in listed], [fork])
        self.fails(3, "no run", "runs", "list", "--parent", "run_01ZZ")

    def test_a_fork_asks_with_the_arguments_of_the_call(self):
        at = self.seq_of("ToolCallRequested")
        answer = self.run_program("fork", self.source, "--at", str(at), "--approve", "always")
        self.assertEqual(answer.returncode, 5, answer.err)
        fork = self.json_lines("runs", "list", "--kind", "fork", "--json")[0]["run_id"]
        shown = self.succeeds("approve", fork, "c1", "--dry-run").err
        self.assertRegex(shown, r'  arguments, 16 bytes, 1 line.*:\n *\| \{"path":"a.txt"\}')
        self.succeeds("approve", fork, "c1")

    def test_the_help_has_the_defaults_of_a_fork(self):
        text = " ".join(self.succeeds("fork", "--help").out.split())
        self.assertNotIn("default: the first that is there", text)
        self.assertNotIn("default: ask", text)
        self.assertIn("default: as in the run", text)

    def test_timeline(self):
        for columns in (60, 120):
            text = self.succeeds("runs", "timeline", self.source, environment={"COLUMNS": str(columns)}).out
            lines = text.splitlines()
            self.assertRegex(lines[0], rf"^{self.source}  Completed \(stop\)  ")
            self.assertRegex(text, rf"(?m)^1 {self.model[:10]}.*\|.* (us|ms|s)$")
            self.assertEqual(len([line for line in lines if line.startswith("  read_file")]), 2)
            self.assertLessEqual(max(map(len, lines[1:-1])), columns)
        drawn = self.json_lines("runs", "timeline", self.source, "--json")[0]
        self.assertEqual([turn["turn"] for turn in drawn["turns"]], [1, 2])
        self.assertEqual([call["call_id"] for call in drawn["turns"][0]["calls"]], ["c1", "c2"])
        for call in drawn["turns"][0]["calls"]:
            self.assertEqual((len(call["runs"]), call["outcome"]), (1, "ok"))
            self.assertLessEqual(call["from_us"], call["runs"][0]["from_us"])
            self.assertLessEqual(call["runs"][0]["to_us"], call["to_us"])
        self.assertIsNotNone(drawn["turns"][0]["attempts"][0]["first_output_us"])


WRITES = ({"tool_calls": [{"name": "edit_file", "arguments": {"path": "a.txt", "old": "one", "new": "two"}}]},
          {"tool_calls": [{"name": "write_file", "arguments": {"path": "b.txt", "content": "bee"}}]})
COMMAND = {"tool_calls": [{"name": "run_command", "arguments": {"argv": ["true"]}}]}


class ForksWithFiles(ProgramTest):
    def setUp(self):
        super().setUp()
        self.work = self.folder / "work"
        self.work.mkdir()
        (self.work / "a.txt").write_text("one\n")
        self.quiet = ("--model", self.script({"text": "No more."}, name="quiet.json"))

    def acted(self, *turns):
        """Carries the turns out; the run's id, and the event behind its first call."""
        live = self.start_run(self.script(*turns, {"text": "Done."}, {"text": "Again."}), "--workspace", "work",
                              "--approve", "never")
        self.assertEqual(live.finish(), 0)
        return live.run_id, next(event["seq"] for event in live.events if event["type"] == "ToolCallFinished")

    def files(self):
        return {path.name: path.read_text() for path in self.work.iterdir()}

    def forked(self, run):
        return self.json_lines("runs", "events", run, "--json")[1]["data"]

    def test_files_are_put_back_first(self):
        run, at = self.acted(*WRITES)
        answer = self.succeeds("fork", run, "--at", str(at), *self.quiet, "--restore-workspace", "--yes")
        self.assertEqual(self.files(), {"a.txt": "two\n"})
        self.assertRegex(answer.err, r"(?m)^1 +\d+ +\S+ +write_file +restorable +removes b.txt$")
        fork, undo = self.json_lines("runs", "list", "--parent", run, "--json")
        self.assertEqual((fork["kind"], undo["kind"], undo["finish_reason"]), ("fork", "undo", "undone"))
        forked = self.forked(fork["run_id"])
        self.assertEqual((forked["workspace"], forked["workspace_notes"]),
                         ("restored", [f"files were put back to that point by undo {undo['run_id']}"]))
        again = self.succeeds("fork", run, "--at", str(at), *self.quiet, "--restore-workspace", "--yes")
        self.assertIn(f"nothing to put back: each call after event {at} was taken back before", again.err)
        self.assertEqual(len(self.json_lines("runs", "list", "--kind", "undo", "--json")), 1)
        (self.work / "b.txt").write_text("of somebody else\n")
        answer = self.succeeds("fork", run, "--at", str(at), *self.quiet, "--restore-workspace", "--yes")
        self.assertIn("what has changed since an undo took these calls back stays as it is", answer.err)

    def test_without_it_the_command_says_what_puts_them_back(self):
        run, at = self.acted(*WRITES)
        answer = self.succeeds("fork", run, "--at", str(at), *self.quiet)
        self.assertIn(f"orchestrator fork {run} --at {at} --restore-workspace", answer.err)
        self.assertEqual(self.files(), {"a.txt": "two\n", "b.txt": "bee"})

    def test_what_cannot_be_put_back_is_said_and_left_alone(self):
        run, at = self.acted(*WRITES, COMMAND)
        before = self.files()
        answer = self.fails(7, "1 call cannot be taken back; nothing was done", "fork", run, "--at", str(at),
                            "--restore-workspace", "--yes")
        self.assertIn(f"`orchestrator undo {run} --to {at}`", answer.err)
        self.assertEqual(self.files(), before)
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 1)

    def test_a_conflict_needs_consent(self):
        run, at = self.acted(*WRITES)
        (self.work / "b.txt").write_text("mine\n")
        answer = self.fails(7, "1 call is in conflict; nothing was done", "fork", run, "--at", str(at),
                            "--restore-workspace", "--yes")
        self.assertIn("--overwrite PATH", answer.err)
        self.succeeds("fork", run, "--at", str(at), *self.quiet, "--restore-workspace", "--overwrite", "b.txt", "--yes")
        self.assertEqual(self.files(), {"a.txt": "two\n"})

    def test_what_a_fork_refuses_stays_undone_and_is_said(self):
        run, at = self.acted(*WRITES)
        answer = self.fails(2, "no call 'c9'", "fork", run, "--at", str(at), "--tool-result", "c9=1",
                            "--restore-workspace", "--yes")
        self.assertRegex(answer.err, r"files were put back before that; .* orchestrator undo run_\w+")

    def test_flags_that_do_not_go_together(self):
        run, at = self.acted(*WRITES)
        self.fails(2, "--yes goes with --restore-workspace", "fork", run, "--at", str(at), "--yes")
        self.fails(2, "nobody can be asked here", "fork", run, "--at", str(at), "--restore-workspace")
        self.fails(2, "names another one", "fork", run, "--at", str(at), "--restore-workspace", "--yes", "--workspace",
                   "work")
