# SPDX-License-Identifier: Apache-2.0
"""Runs under rules: from a flag, a variable and the configuration; what they end with, and what is said of it."""

import json

from cli.program import ProgramTest

PLAN = {"text": "Here is the secret plan for you."}


def rule(name, on, mode, check):
    return f'[[rule]]\nname = "{name}"\non = ["{on}"]\nmode = "{mode}"\n{check}\n'


class RulesInRuns(ProgramTest):
    def rules(self, *rules, name="gates.toml"):
        (self.folder / name).write_text("\n".join(rules))
        return str(self.folder / name)

    def events(self, kind):
        return [event for event in self.json_lines("runs", "events", "@last", "--json") if event["type"] == kind]

    def test_an_input_that_is_denied_asks_nobody(self):
        path = self.rules(rule("words", "input", "enforcing", 'keywords = ["secret plan"]'))
        answer = self.fails(4, "of the input: the rule 'words' denies it", "run", "--gates", path, "--model",
                            self.script(PLAN), "Tell me the secret plan")
        self.assertEqual(answer.out, "")
        self.assertEqual(self.events("ProviderRequested"), [])
        self.assertEqual(self.events("Error")[0]["data"]["error"]["code"], "gate_blocked")

    def test_an_answer_is_stopped_before_the_words_are_shown(self):
        path = self.rules(rule("words", "output", "enforcing", 'keywords = ["secret plan"]'))
        answer = self.fails(4, "of the answer: the rule 'words' denies it", "run", "--gates", path, "--model",
                            self.script(PLAN), "Hello")
        self.assertNotIn("secret", answer.out)

    def test_an_answer_is_masked(self):
        path = self.rules(rule("words", "output", "enforcing", 'keywords = ["secret plan"]\naction = "redact"'))
        answer = self.succeeds("run", "--gates", path, "--model", self.script(PLAN), "Hello")
        self.assertRegex(answer.out, r"^Here is the \[redacted.*\] for you\.\n$")
        stored = b"".join(file.read_bytes() for file in (self.folder / "state").rglob("*") if file.is_file())
        self.assertNotIn(b"secret plan", stored)
        # What is packed there does not show its words.
        self.assertNotIn("secret plan", self.succeeds("runs", "events", "@last", "--json").out)

    def test_shadow_says_so_and_lets_it_be(self):
        path = self.rules(rule("words", "output", "shadow", 'keywords = ["secret plan"]'))
        answer = self.succeeds("run", "--gates", path, "--model", self.script(PLAN), "Hello")
        self.assertEqual(answer.out, "Here is the secret plan for you.\n")
        self.assertIn("the rule 'words' would act on the output (deny): it matches at byte 12", answer.err)

    def test_a_call_is_denied_and_the_run_goes_on(self):
        path = self.rules(rule("no-env", "tool", "enforcing", 'paths.deny = ["**/.env"]'))
        workspace = self.folder / "workspace"
        workspace.mkdir()
        (workspace / ".env").write_text("TOKEN=canary\n")
        model = self.script({"tool_calls": [{"name": "read_file", "arguments": {"path": "a/../.env"}}]},
                            {"text": "I may not."})
        answer = self.succeeds("run", "--gates", path, "--model", model, "--workspace", str(workspace), "Read it")
        self.assertEqual(answer.out, "I may not.\n")
        self.assertEqual(self.events("ToolCallFinished")[0]["data"]["outcome"], "denied")
        self.assertEqual(self.events("ToolCallStarted"), [])
        self.assertNotIn("canary", json.dumps(self.json_lines("runs", "events", "@last", "--json")))

    def test_they_come_from_the_variable_and_the_configuration_too(self):
        path = self.rules(rule("short", "input", "enforcing", "bytes_max = 3"))
        model = self.script({"text": "Hi."})
        self.fails(4, "the rule 'short'", "run", "--model", model, "Hello", environment={"ORCHESTRATOR_GATES": path})
        folder = self.folder / "config" / "orchestrator"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f'[safety]\nrules = "{path}"\n')
        self.fails(4, "the rule 'short'", "run", "--model", model, "Hello")
        self.assertEqual([each["name"] for each in self.json_lines("gates", "list", "--json")], ["short"])
        other = self.rules(rule("long", "input", "enforcing", "bytes_max = 300"), name="other.toml")
        self.succeeds("run", "--gates", other, "--model", model, "Hello")

    def test_a_configured_file_is_the_same_in_every_folder(self):
        self.rules(rule("short", "input", "enforcing", "bytes_max = 3"))
        self.fails(2, "an absolute path is allowed", "run", "--model", self.script({"text": "Hi."}), "Hello",
                   environment={"ORCHESTRATOR_GATES": "gates.toml"})

    def test_doctor_looks_at_them(self):
        path = self.rules(rule("short", "input", "enforcing", "bytes_max = 3"))
        checks = {each["name"]: each for each in self.json_lines("doctor", "--offline", "--json",
                                                                 environment={"ORCHESTRATOR_GATES": path})
                  if each["kind"] == "check"}
        self.assertEqual((checks["rules"]["works"], checks["rules"]["detail"]), (True, "1 rule that runs are under"))
        broken = self.run_program("doctor", "--offline", environment={"ORCHESTRATOR_GATES": path + ".not"})
        self.assertIn("the file cannot be read", broken.out)

    def test_a_link_does_not_lead_around_them(self):
        path = self.rules(rule("paths", "tool", "enforcing", 'paths.deny = ["**/.env", "keys/**"]'))
        workspace = self.folder / "workspace"
        (workspace / "keys").mkdir(parents=True)
        (workspace / ".env").write_text("TOKEN=canary\n")
        (workspace / "keys/a.txt").write_text("canary\n")
        (workspace / "link.txt").symlink_to(".env")
        (workspace / "k").symlink_to("keys")
        calls = [{"name": "read_file", "arguments": {"path": "link.txt"}},
                 {"name": "read_file", "arguments": {"path": "k/a.txt"}},
                 {"name": "run_command", "arguments": {"argv": ["cat", "keys/a.txt"]}}]
        model = self.script(*({"tool_calls": [call]} for call in calls), {"text": "I may not."})
        self.succeeds("run", "--gates", path, "--approve", "never", "--model", model, "--workspace", str(workspace),
                      "Read")
        self.assertEqual([each["data"]["outcome"] for each in self.events("ToolCallFinished")], ["denied"] * 3)

    def test_a_file_that_is_wrong_starts_nothing(self):
        path = self.rules('[[rule]]\nname = "x"\non = ["inptu"]\n')
        self.fails(2, "gates.toml:3:1: 'on': 'inptu'; input, tool and output are allowed", "run", "--gates", path,
                   "--model", self.script(PLAN), "Hello")
        self.assertEqual(self.json_lines("runs", "list", "--json"), [])

    def test_a_classifier_is_asked_and_a_missing_one_refused(self):
        judge = self.script({"text": "93"}, name="judge.json")
        check = f'classifier = "talk of plans"\nmodel = "{judge}"\nthreshold = 0.9'
        path = self.rules(rule("classified", "input", "enforcing", check))
        self.fails(4, "the rule 'classified' denies it", "run", "--gates", path, "--model", self.script(PLAN), "Hello")
        verdict = self.events("GateEvaluated")[0]["data"]
        self.assertEqual((verdict["score"], verdict["threshold"], verdict["passed"]), (0.93, 0.9, False))
        missing = self.rules(rule("classified", "input", "enforcing",
                                  'classifier = "plans"\nmodel = "openai/gpt-5-mini"'))
        self.fails(2, "the rule 'classified' asks openai/gpt-5-mini", "run", "--gates", missing, "--model",
                   self.script(PLAN), "Hello")
        for check, message in (('classifier = "x"', "'model': is missing"),
                               (f'classifier = "x"\nmodel = "{judge}"\nthreshold = 2', "above 0 and up to 1"),
                               (f'classifier = ""\nmodel = "{judge}"', "1 to 4,000 bytes"),
                               (f'bytes_max = 3\nmodel = "{judge}"', "belongs to rules with classifier")):
            wrong = self.rules(rule("classified", "input", "enforcing", check), name="wrong.toml")
            self.fails(2, message, "gates", "validate", wrong)

    def test_a_trial_leaves_classifiers_out_and_says_so(self):
        self.succeeds("run", "--model", self.script(PLAN), "Hello")
        judge = self.script({"text": "93"}, name="judge.json")
        path = self.rules(rule("classified", "input", "shadow", f'classifier = "plans"\nmodel = "{judge}"'))
        tried = self.succeeds("gates", "try", path)
        self.assertIn("the rule 'classified' is left out: a trial calls no model", tried.err)

    def test_a_run_goes_on_under_its_own_rules_alone(self):
        path = self.rules(rule("short", "input", "enforcing", "bytes_max = 300"))
        workspace = self.folder / "workspace"
        workspace.mkdir()
        model = self.script({"tool_calls": [{"name": "write_file", "arguments": {"path": "a", "content": "b"}}]},
                            {"text": "Written."})
        waiting = self.run_program("run", "--gates", path, "--approve", "always", "--model", model, "--workspace",
                                   str(workspace), "Write")
        self.assertEqual(waiting.returncode, 5, waiting.err)
        self.succeeds("approve", "@last")
        self.fails(1, "--gates FILE gives it those", "resume", "@last")
        self.assertEqual(self.succeeds("resume", "@last", "--gates", path).out, "Written.\n")

    def test_a_run_without_rules_goes_on_without(self):
        path = self.rules(rule("short", "input", "enforcing", "bytes_max = 300"))
        workspace = self.folder / "workspace"
        workspace.mkdir()
        model = self.script({"tool_calls": [{"name": "write_file", "arguments": {"path": "a", "content": "b"}}]},
                            {"text": "Written."})
        self.assertEqual(self.run_program("run", "--model", model, "--workspace", str(workspace), "Write").returncode, 5)
        self.succeeds("approve", "@last")
        self.fails(1, "the run began under no rules", "resume", "@last", "--gates", path)
        resumed = self.succeeds("resume", "@last", environment={"ORCHESTRATOR_GATES": path})
        self.assertIn("the run began under no rules, and goes on under none", resumed.err)

    def test_stored_runs_are_evaluated_under_other_rules(self):
        self.succeeds("run", "--model", self.script(PLAN), "Hello")
        path = self.rules(rule("words", "output", "enforcing", 'keywords = ["secret plan"]'))
        report = self.run_program("eval", "run", "--runs", "all", "--scorer", "exact", "--gates", path, "--json")
        self.assertEqual(report.returncode, 1, report.err)
        self.assertIn("gate_blocked", report.out + report.err)
