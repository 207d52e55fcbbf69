# SPDX-License-Identifier: Apache-2.0
"""Looking things up: runs, sessions, models, doctor, completion, help and version."""

import json
import re
import shutil
import subprocess

from cli.program import PROGRAM, ROOT, ProgramTest

SECRET = "sk-canary-0123456789abcdefghij"


class Runs(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.script({"text": "Blue.\nAnd green."}, {"text": "Red."})

    def run_once(self, prompt="Name a colour.", *arguments):
        answer = self.succeeds("run", "--model", self.model, *arguments, prompt)
        return re.search(r"run_\w{26}", answer.err).group(), re.search(r"ses_\w{26}", answer.err).group()

    def test_empty(self):
        for command in (["runs", "list"], ["sessions", "list"]):
            answer = self.succeeds(*command)
            self.assertEqual(answer.out, "")
            self.assertRegex(answer.err, "^no (run|session) in sqlite:")
            self.assertEqual(self.succeeds(*command, "--json").out, "")

    def test_list(self):
        first, session = self.run_once("First\nquestion")
        second, _ = self.run_once("Second")
        self.run_program("run", "--model", self.script({"text": "x", "faults": [{"kind": "http", "status": 400}]},
                                                       name="bad.json"), "Third")
        lines = self.succeeds("runs", "list").out.splitlines()
        self.assertRegex(lines[0], r"^RUN +STATUS +STARTED \(UTC\) +MODEL +INPUT$")
        self.assertRegex(lines[1], r"^run_\w+ +failed \(provider_bad_request\) .* Third$")
        self.assertRegex(lines[2], rf"^{second} +completed \(stop\) +\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d +{self.model} +Second$")
        self.assertRegex(lines[3], rf"^{first} .* First question$")
        listed = self.json_lines("runs", "list", "--json")
        self.assertEqual([run["status"] for run in listed], ["failed", "completed", "completed"])
        self.assertEqual(len(self.json_lines("runs", "list", "--json", "--limit", "1")), 1)
        self.assertEqual([run["run_id"] for run in self.json_lines("runs", "list", "--json", "--status", "completed")],
                         [second, first])
        self.assertEqual([run["run_id"] for run in self.json_lines("runs", "list", "--json", "--session", session)], [first])

    def test_show(self):
        run, session = self.run_once("Name a colour.", "--system", "Be brief", "--label", "ticket=42")
        text = self.succeeds("runs", "show", run).out
        for wanted in (f"run         {run}", f"session     {session}", "status      completed (stop)", "usage  ",
                       "latency     ", "label       ticket=42", "\nsystem:\nBe brief\n", "\ninput:\nName a colour.\n",
                       "\noutput:\nBlue.\nAnd green.\n"):
            self.assertIn(wanted, text)
        shown = self.json_lines("runs", "show", "@last", "--json")[0]
        self.assertEqual(shown["run_id"], run)
        self.assertEqual(shown["started"]["system"], "Be brief")
        self.assertEqual(shown["ended"]["output"], "Blue.\nAnd green.")

    def test_events(self):
        run, _ = self.run_once()
        lines = self.succeeds("runs", "events", run).out.splitlines()
        self.assertRegex(lines[0], r'^ +1 +\+0 us +RunStarted +scripted/script.json "Name a colour."$')
        self.assertRegex(lines[-1], r"Completed +stop, ")
        events = self.json_lines("runs", "events", run, "--json")
        self.assertEqual([event["seq"] for event in events], list(range(1, len(lines) + 1)))
        later = self.json_lines("runs", "events", run, "--json", "--after", "5")
        self.assertEqual(later, events[5:])
        self.assertEqual(self.json_lines("runs", "events", run, "--json", "--follow"), events)

    def test_references(self):
        first, _ = self.run_once()
        second, _ = self.run_once()
        self.assertIn(second, self.succeeds("runs", "show", "@last").out)
        shared = next(end for end in range(len(first), 0, -1) if second.startswith(first[:end]))
        unique = first[:shared + 1]
        for text in (unique, unique.lower(), unique[4:], first):
            self.assertIn(first, self.succeeds("runs", "show", text).out)
        answer = self.fails(2, "could be any of", "runs", "show", first[:shared])
        self.assertIn(first, answer.err)
        self.assertIn(second, answer.err)

    def test_a_closed_pipe_is_quiet(self):
        self.run_once()
        script = f"'{PROGRAM}' runs events @last | head -n 1; echo ${{PIPESTATUS[0]}}"
        answer = subprocess.run(["bash", "-c", script], env=self.environment, cwd=self.folder, capture_output=True,
                                check=False, text=True)
        self.assertEqual(answer.stdout.splitlines()[-1], "0")
        self.assertEqual(answer.stderr, "")

    def test_sessions(self):
        first, session = self.run_once("One")
        second, _ = self.run_once("Two", "--session", session)
        other, other_session = self.run_once("Else")
        listed = self.json_lines("sessions", "list", "--json")
        self.assertEqual([(entry["session_id"], entry["runs"], entry["first_input"]) for entry in listed],
                         [(other_session, 1, "Else"), (session, 2, "One")])
        self.assertRegex(self.succeeds("sessions", "list").out, rf"(?m)^{session} +2 .* One$")
        shown = self.json_lines("sessions", "show", session, "--json")[0]
        self.assertEqual([run["run_id"] for run in shown["runs"]], [first, second])
        self.assertRegex(self.succeeds("sessions", "show", session).out, rf"(?s)^session {session}, 2 runs\n.*{first}.*{second}")
        self.fails(2, "--dry-run", "sessions", "delete", session)
        self.fails(3, "no session", "sessions", "delete", "ses_7ZZ", "--yes")
        self.assertEqual(self.succeeds("sessions", "delete", session, "--dry-run").out,
                         f"would remove {second}\nwould remove {first}\n")
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 3)
        self.assertIn(f"removed session {session} with 2 runs", self.succeeds("sessions", "delete", session, "--yes").err)
        self.assertEqual([run["run_id"] for run in self.json_lines("runs", "list", "--json")], [other])

    def test_list_filters(self):
        first, _ = self.run_once("First")
        self.run_program("run", "--model", self.script({"text": "x", "faults": [{"kind": "http", "status": 400}]},
                                                       name="bad.json"), "Second")

        def listed(*flags):
            return [run["run_id"] for run in self.json_lines("runs", "list", "--json", *flags)]

        second = next(run for run in listed() if run != first)
        self.assertEqual(listed("--error", "provider_bad_request"), [second])
        self.assertEqual(listed("--of-model", "bad"), [second])
        self.assertEqual(listed("--newer-than", "1h"), [second, first])
        self.assertEqual(listed("--older-than", "1h"), [])
        self.assertEqual(listed("--kind", "live"), [second, first])
        self.assertEqual(listed("--kind", "fork"), [])
        self.assertEqual(listed("--min-cost", "1000"), [])
        self.fails(2, "--older-than", "runs", "list", "--older-than", "soon")
        self.fails(2, "live", "runs", "list", "--kind", "dead")

    def test_search(self):
        run, _ = self.run_once("Name a colour of the SKY")
        other, _ = self.run_once("Name a stone")
        found = self.json_lines("runs", "search", "sky blue", "--json")
        self.assertEqual([match["run_id"] for match in found], [run])
        self.assertEqual((found[0]["found_in"], found[0]["excerpt"]), ("input", "Name a colour of the SKY"))
        self.assertEqual([match["run_id"] for match in self.json_lines("runs", "search", "name", "--json")], [other, run])
        self.assertEqual(len(self.json_lines("runs", "search", "name", "--json", "--limit", "1")), 1)
        self.assertRegex(self.succeeds("runs", "search", "green").out, rf"(?m)^{run} .* output +Blue. And green.$")
        answer = self.succeeds("runs", "search", "violet")
        self.assertEqual(answer.out, "")
        self.assertIn("has these words", answer.err)
        self.fails(2, "no word", "runs", "search", "  ")

    def test_delete(self):
        first, session = self.run_once("One")
        second, _ = self.run_once("Two", "--session", session)
        other, _ = self.run_once("Else")
        self.fails(2, "--dry-run", "runs", "delete", first)
        answer = self.fails(1, f"run {second} builds on run {first}", "runs", "delete", other, first, "--yes")
        self.assertIn("--with-forks", answer.err)
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 3, "all or none")
        self.assertEqual(self.succeeds("runs", "delete", first, "--with-forks", "--dry-run").out,
                         f"would remove {second}\nwould remove {first}\n")
        gone = self.json_lines("runs", "delete", first, "--with-forks", "--yes", "--json")
        self.assertEqual([entry["run_id"] for entry in gone], [second, first])
        self.assertEqual([run["run_id"] for run in self.json_lines("runs", "list", "--json")], [other])
        self.fails(3, "no run", "runs", "delete", "run_7ZZ", "--yes")

    def test_prune(self):
        first, session = self.run_once("One")
        lone, _ = self.run_once("Lone")
        second, _ = self.run_once("Two", "--session", session)
        self.fails(2, "needs a bound", "runs", "prune", "--yes")
        self.fails(2, "--dry-run", "runs", "prune", "--keep", "1")
        answer = self.succeeds("runs", "prune", "--keep", "1", "--dry-run")
        self.assertEqual(answer.out, f"would remove {lone}\n")
        self.assertIn(f"run {second} builds on run {first}", answer.err)
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 3)
        self.assertEqual(self.succeeds("runs", "prune", "--older-than", "1h", "--yes").out, "")
        self.assertIn("removed 1 run", self.succeeds("runs", "prune", "--keep", "1", "--yes").err)
        self.assertEqual([run["run_id"] for run in self.json_lines("runs", "list", "--json")], [second, first])
        self.succeeds("run", "--model", self.model, "--session", session, "Three")
        self.assertIn("removed 3 runs", self.succeeds("runs", "prune", "--max-bytes", "1B", "--yes").err)


class Program(ProgramTest):
    def test_version(self):
        version = (ROOT / "VERSION").read_text().strip()
        self.assertEqual(self.succeeds("version").out, f"orchestrator {version}\n")
        self.assertEqual(self.succeeds("--version").out, f"orchestrator {version}\n")
        self.assertEqual(self.json_lines("version", "--json"), [{"name": "orchestrator", "version": version}])

    def test_help(self):
        text = self.succeeds("--help").out
        self.assertIn("Exit status:", text)
        for command in re.findall(r"(?m)^  ([a-z]+(?: [a-z]+)?) {2,}(?!.*comes with)", text.split("\nCommands:\n")[1].split("\nComing:")[0]):
            shown = self.succeeds(*command.split(), "--help").out
            self.assertIn(f"usage: orchestrator {command}", shown)
            self.assertIn("Examples:", shown)
            self.assertEqual(self.succeeds("help", *command.split()).out, shown)

    def test_completion(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.succeeds("completion", shell).out
            self.assertIn("-l model" if shell == "fish" else "--model", script)
            self.assertIn("-l detach" if shell == "fish" else "--detach", script)
            self.assertNotIn("mcp", script, "what is not there is not completed")
            (self.folder / shell).write_text(script)
            if shutil.which(shell):
                answer = subprocess.run([shell, "-n", self.folder / shell], capture_output=True, check=False)
                self.assertEqual((answer.returncode, answer.stderr), (0, b""), shell)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/orchestrator").symlink_to(PROGRAM)
        self.succeeds("run", "--model", self.script({"text": "x"}), "Go")
        for words, wanted in ((["ru"], "run runs"), (["runs", "sh"], "show"), (["run", "--mod"], "--model"),
                              (["completion", "z"], "zsh"), (["abort", "@"], "@last"), (["runs", "show", "run_"], "run_"),
                              (["runs", "list", "--status", "f"], "failed")):
            line = f"""source {self.folder}/bash; COMP_WORDS=(orchestrator {' '.join(words)}); COMP_CWORD={len(words)}
                       _orchestrator; echo "${{COMPREPLY[@]}}" """
            path = {**self.environment, "PATH": f"{self.folder}/bin:{self.environment['PATH']}"}
            answer = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=path, check=False)
            self.assertTrue(answer.stdout.startswith(wanted), f"{words}: {answer.stdout}{answer.stderr}")

    def test_models(self):
        listed = self.json_lines("models", "list", "--json")
        self.assertTrue(any(model["model"].startswith("local/") for model in listed), listed)
        self.fails(2, "did you mean 'local'?", "models", "list", "--provider", "locl")
        self.assertTrue(all(model["model"].startswith("local/")
                            for model in self.json_lines("models", "list", "--provider", "local", "--json")))

    def test_named_endpoints(self):
        path = self.folder / "config/orchestrator/config.toml"
        path.parent.mkdir(parents=True)
        path.write_text('[providers.mine]\nbase_url = "http://127.0.0.1:1/v1"\nmodels = ["small", "large"]\n')
        self.assertEqual([model["model"] for model in self.json_lines("models", "list", "--provider", "mine", "--json")],
                         ["mine/small", "mine/large"])
        self.fails(1, "127.0.0.1", "run", "--model", "mine/small", "Hi")

    def test_doctor(self):
        (self.folder / "orchestrator.toml").write_text("[history]\nturns = 7\n")
        environment = {"OPENAI_API_KEY": SECRET, "CHAT_BASE_URL": "http://127.0.0.1:1/v1", "CHAT_API_KEY": SECRET,
                       "HTTPS_PROXY": f"http://user:{SECRET}@127.0.0.1:1"}
        answer = self.succeeds("doctor", "--offline", environment=environment)
        self.assertRegex(answer.out, r"(?m)^history\.turns +orchestrator\.toml:2 +7$")
        self.assertRegex(answer.out, r"(?m)^store +default +sqlite:.*/runs\.db$")
        self.assertRegex(answer.out, r"(?m)^OPENAI_API_KEY +set$")
        self.assertRegex(answer.out, r"(?m)^store +ok ")
        everything = self.run_program("doctor", environment=environment)
        self.assertEqual(everything.returncode, 1)
        self.assertRegex(everything.out, r"(?m)^chat +FAILS ")
        lines = self.json_lines("doctor", "--offline", "--json", environment=environment)
        self.assertIn({"kind": "setting", "key": "history.turns", "value": "7", "origin": "orchestrator.toml:2"}, lines)
        for text in (answer.out, answer.err, everything.out, everything.err, json.dumps(lines)):
            self.assertNotIn(SECRET, text)
