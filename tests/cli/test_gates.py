# SPDX-License-Identifier: Apache-2.0
"""Files of rules: checked, shown, and tried on runs that are over."""

from cli.program import ProgramTest

RULES = """version = 1

[[rule]]
name = "no-plans"
on = ["input", "output"]
mode = "shadow"
keywords = ["secret plan"]

[[rule]]
name = "no-env"
on = ["tool"]
mode = "enforcing"
paths.deny = ["**/.env"]
"""


class Gates(ProgramTest):
    def rules(self, text=RULES):
        (self.folder / "gates.toml").write_text(text)
        return str(self.folder / "gates.toml")

    def runs(self):
        """Three runs, oldest first: harmless, a bad input, a bad answer."""
        fine = self.script({"text": "Good day."}, name="fine.json")
        bad = self.script({"text": "Here is the SECRET plan."}, name="bad.json")
        for model, prompt in ((fine, "Hello"), (fine, "Tell me the secret plan"), (bad, "Hello")):
            self.succeeds("run", "--model", model, prompt)
        return [run["run_id"] for run in reversed(self.json_lines("runs", "list", "--json"))]

    def test_a_file_is_checked_and_shown(self):
        path = self.rules()
        self.assertEqual(self.succeeds("gates", "validate", path).out, f"{path}: 2 rules, nothing wrong\n")
        lines = self.succeeds("gates", "list", path).out.splitlines()
        self.assertRegex(lines[0], r"^RULE +ON +MODE +ACTION +FAILS +CHECKS$")
        self.assertRegex(lines[1], r"^no-plans +input, output +shadow +deny +closed +1 keyword$")
        self.assertRegex(lines[2], r"^no-env +tool +enforcing +deny +closed +paths$")
        self.assertEqual([each["name"] for each in self.json_lines("gates", "list", path, "--json")],
                         ["no-plans", "no-env"])

    def test_what_is_wrong_is_named_with_its_place(self):
        for text, place in (("[[rule]]\nname = 5\n", "gates.toml:2:1: 'name': must be a text"),
                            (RULES.replace("mode", "mdoe", 1), "gates.toml:6:1: unknown key 'mdoe'; did you mean 'mode'?"),
                            (RULES + "keywords = [\"a\"]\n", "the rule has several checks (keywords, calls)"),
                            ("nonsense", "gates.toml:1:")):
            path = self.rules(text)
            for command in ("validate", "list", "try"):
                self.fails(2, place, "gates", command, path)
        self.fails(2, "the file cannot be read", "gates", "validate", "/nonexistent/gates.toml")

    def test_rules_are_tried_on_the_past(self):
        path = self.rules()
        _, asked, answered = self.runs()
        tried = self.succeeds("gates", "try", path)
        lines = tried.out.splitlines()
        self.assertRegex(lines[0], r"^RUN +SEQ +RULE +MODE +STEP +WHY$")
        self.assertRegex(lines[1], rf"^{answered} +\d+ +no-plans +shadow +output +it matches at byte 12$")
        self.assertRegex(lines[2], rf"^{asked} +1 +no-plans +shadow +input +it matches at byte 12$")
        self.assertEqual(len(lines), 3)
        self.assertIn("tried on 6 steps of 3 runs: 2 steps of 2 runs would have been denied, and 2 runs ended there",
                      tried.err)

    def test_calls_are_judged_by_where_they_led(self):
        path = self.rules()
        workspace = self.folder / "workspace"
        workspace.mkdir()
        (workspace / ".env").write_text("TOKEN=canary\n")
        reads = self.script({"tool_calls": [{"name": "read_file", "arguments": {"path": "a/../.env"}}]},
                            {"text": "Read."}, name="reads.json")
        self.succeeds("run", "--model", reads, "--workspace", str(workspace), "Read it")
        found = self.json_lines("gates", "try", path, "--json")
        self.assertEqual([each["type"] for each in found], ["objection", "summary"])
        self.assertEqual((found[0]["rule"], found[0]["phase"], found[0]["tool"], found[0]["reason"]),
                         ("no-env", "tool", "read_file", "paths.deny has '**/.env'"))
        self.assertEqual((found[1]["runs"], found[1]["runs_ended"]), (1, 0))

    def test_a_trial_is_of_the_runs_that_were_asked_for(self):
        path = self.rules()
        fine, asked, answered = self.runs()
        self.assertEqual(self.json_lines("gates", "try", path, "--runs", fine, "--json")[-1]["steps_with_objections"], 0)
        of_last = self.json_lines("gates", "try", path, "--runs", "limit=1", "--json")
        self.assertEqual({each["run_id"] for each in of_last[:-1]}, {answered})
        self.assertEqual(self.json_lines("gates", "try", path, "--runs", "status=failed", "--json")[-1]["runs"], 0)
        self.assertEqual(self.json_lines("gates", "try", path, "--runs", "status=completed,limit=2", "--json")[-1]["runs"], 2)
        self.assertEqual(self.succeeds("gates", "try", path, "--runs", asked[:20]).out.count(asked), 1)
        for wrong in ("limit=0", "status=done", "size=3", "status=failed,limit"):
            self.fails(2, "--runs", "gates", "try", path, "--runs", wrong)
        self.fails(3, "no run", "gates", "try", path, "--runs", "run_01AAAAAAAA")
