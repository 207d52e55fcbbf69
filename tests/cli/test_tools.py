# SPDX-License-Identifier: Apache-2.0
"""Tools on the command line: which a run has, what is shown of calls, and the answers of people, on a terminal, from
other processes, and after a process has died."""

import os
import signal
import socket
import threading

from cli.program import ProgramTest

WRITE = {"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "hello"}}]}
READ = {"tool_calls": [{"name": "read_file", "arguments": {"path": "b.txt"}}]}
DONE = {"text": "All done."}


def sleep_for(seconds):
    return {"tool_calls": [{"name": "run_command", "arguments": {"argv": ["sleep", str(seconds)]}}]}


class ToolsTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.work = self.folder / "work"
        self.work.mkdir()
        (self.work / "b.txt").write_text("first line\nsecond line\n")

    def tools_run(self, *turns, arguments=(), **options):
        return self.run_program("run", "--model", self.script(*turns), "--workspace", "work", *arguments, "Go",
                                **options)

    def parked(self, *turns, arguments=()):
        """A run that was let go of while it waits for an approval; its id."""
        answer = self.tools_run(*turns, arguments=arguments)
        self.assertEqual(answer.returncode, 5, answer.err)
        return self.shown()["run_id"]

    def on_tools_terminal(self, *turns, arguments=()):
        return self.on_terminal("run", "--model", self.script(*turns), "--workspace", "work", *arguments, "Go")

    def shown(self):
        return self.json_lines("runs", "show", "@last", "--json")[0]

    def events(self, kind):
        return [event["data"] for event in self.json_lines("runs", "events", "@last", "--json")
                if event["type"] == kind]


class Catalogue(ToolsTest):
    def test_list_and_show(self):
        text = self.succeeds("tools", "list").out
        self.assertRegex(text, r"(?m)^write_file +reversible +ask ")
        tools = {tool["name"]: tool for tool in self.json_lines("tools", "list", "--json")}
        self.assertEqual(tools["read_file"]["effect_class"], "pure")
        self.assertIn("fetch_url", tools)
        shown = self.json_lines("tools", "show", "write_file", "--json")
        self.assertEqual(shown, [tools["write_file"]])
        self.assertIn('"path"', self.succeeds("tools", "show", "write_file").out)
        self.fails(3, "did you mean 'read_file'?", "tools", "show", "read_fle")


    def test_completion_and_doctor(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.succeeds("completion", shell).out
            self.assertIn("orchestrator tools list --json", script)
            self.assertIn("parallel-tools", script)
        checks = {check["name"]: check for check in self.json_lines("doctor", "--offline", "--json")
                  if check["kind"] == "check"}
        self.assertIn("bubblewrap", checks["sandbox"]["detail"])
        hidden = {"PATH": str(self.folder)}
        checks = {check["name"]: check for check in self.json_lines("doctor", "--offline", "--json", environment=hidden)
                  if check["kind"] == "check"}
        self.assertIsNone(checks["sandbox"]["works"])


class Choice(ToolsTest):
    def declared(self, *arguments, environment=None):
        self.succeeds("run", "--model", self.script(DONE), *arguments, "Go", environment=environment)
        started = self.events("RunStarted")[0]
        return sorted(tool["name"] for tool in started["tools"]), started

    def test_none_by_default(self):
        self.assertEqual(self.declared()[0], [])

    def test_a_workspace_brings_its_tools_and_no_others(self):
        names, started = self.declared("--workspace", "work")
        self.assertIn("read_file", names)
        self.assertNotIn("fetch_url", names)
        self.assertEqual(started["workspace"], str(self.work.resolve()))
        self.assertIn("fetch_url", self.declared("--workspace", "work", "--tool", "fetch_url")[0])
        self.assertEqual(self.declared("--workspace", "work", "--no-tools")[0], [])

    def test_by_name(self):
        self.assertEqual(self.declared("--tool", "fetch_url")[0], ["fetch_url"])
        model = self.script(DONE)
        self.fails(2, "did you mean 'read_file'?", "run", "--model", model, "--tool", "read_fiel", "Go")
        self.fails(2, "--workspace DIR", "run", "--model", model, "--tool", "read_file", "Go")
        self.fails(2, "missing", "run", "--model", model, "--workspace", "missing", "Go")
        self.fails(2, "--parallel-tools", "run", "--model", model, "--parallel-tools", "65", "Go")

    def test_policy(self):
        policy = self.declared("--workspace", "work", "--approve", "always", "--parallel-tools", "3")[1]["tool_policy"]
        self.assertEqual((policy["approval"], policy["calls_at_once"]), ("always", 3))
        self.fails(2, "never, ask, always", "run", "--approve", "sometimes", "Go")

    def test_injection(self):
        stance = lambda *arguments, **options: self.declared(*arguments, **options)[1]["tool_policy"]["injection"]
        self.assertEqual(stance("--workspace", "work"), "mark")
        self.assertEqual(stance("--workspace", "work", "--injection", "strict"), "strict")
        self.fails(2, "off, mark, strict", "run", "--injection", "on", "Go")
        config = self.folder / "config/orchestrator/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text('[safety]\ninjection = "strict"\n')
        self.assertEqual(stance("--workspace", "work"), "strict")
        self.assertEqual(stance("--workspace", "work", "--injection", "off"), "off")
        environment = {"ORCHESTRATOR_INJECTION": "off"}
        self.assertEqual(stance("--workspace", "work", environment=environment), "off")

    def test_the_users_configuration(self):
        config = self.folder / "config/orchestrator"
        config.mkdir(parents=True)
        (config / "config.toml").write_text('tools = ["read_file"]\nworkspace = "work"\napprove = "never"\n')
        names, started = self.declared()
        self.assertEqual(names, ["read_file"])
        self.assertEqual(started["tool_policy"]["approval"], "never")
        self.assertEqual(self.declared("--no-tools")[0], [])
        self.assertEqual(self.declared("--tool", "fetch_url")[0], ["fetch_url"])
        (config / "config.toml").write_text('tools = ["raed_file"]\n')
        self.fails(2, "config.toml:1: 'tools': no tool 'raed_file'; did you mean 'read_file'?", "run", "Go")

    def test_the_users_grants_and_protections(self):
        config = self.folder / "config/orchestrator/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text('timeouts.approval = "90s"\n[sandbox]\ncommand_network = "grant"\n'
                          'fetch_hosts = ["127.0.0.1:9"]\nprotected_paths = ["deploy/"]\n')
        ping = {"tool_calls": [{"name": "run_command", "arguments": {"argv": ["true"], "network": True}}]}
        into = {"tool_calls": [{"name": "write_file", "arguments": {"path": "deploy/a.txt", "content": "x"}}]}
        answer = self.tools_run(ping, into, DONE, arguments=("--approve", "never"))
        self.assertEqual(answer.returncode, 0, answer.err)
        self.assertRegex(answer.err, r"(?m)^tool run_command ok ")
        self.assertRegex(answer.err, r"(?m)^tool write_file .*deploy/a.txt.* protected")
        self.assertEqual(self.events("RunStarted")[0]["tool_policy"]["approval_timeout_ms"], 90_000)
        fetch = {"tool_calls": [{"name": "fetch_url", "arguments": {"url": "http://127.0.0.1:9/"}}]}
        answer = self.tools_run(fetch, DONE, arguments=("--approve", "never", "--tool", "fetch_url"))
        self.assertNotIn("denied", answer.err)  # asked, where nothing listens
        for line in ('fetch_hosts = ["https://example.com"]', 'protected_paths = ["../x"]'):
            config.write_text("[sandbox]\n" + line + "\n")
            self.fails(2, "config.toml:2: 'sandbox.", "run", "Go")

    def test_a_project_may_not_choose(self):
        for line in ('tools = ["run_command"]', 'workspace = "/"', 'approve = "never"',
                     'sandbox.command_network = "grant"', 'safety.injection = "off"'):
            (self.folder / "orchestrator.toml").write_text(line + "\n")
            self.fails(2, "may not stand in a project's file", "run", "Go")


class Shown(ToolsTest):
    def test_calls_are_told_on_stderr_alone(self):
        answer = self.tools_run(READ, DONE)
        self.assertEqual(answer.returncode, 0, answer.err)
        self.assertEqual(answer.out, "All done.\n")
        self.assertRegex(answer.err, r'(?m)^tool read_file \{"path": ?"b.txt"\}$')
        self.assertRegex(answer.err, r"(?m)^tool read_file ok after [\d.]+ .?s: .*first line")
        self.assertNotIn("second line", answer.err)
        self.assertRegex(self.succeeds("runs", "show", "@last").out, r"(?m)^tools +read_file 1 ok$")
        self.assertEqual(self.shown()["tools"], {"read_file": {"ok": 1}})

    def test_nothing_of_a_call_reaches_the_terminal_raw(self):
        (self.work / "b.txt").write_text("\x1b]52;c;eHh4\x07\x1b[2Jred\n")
        answer = self.tools_run({"tool_calls": [{"name": "read_file", "arguments": {"path": "b.txt", "x\x1b[2J": 1}}]},
                                READ, DONE)
        self.assertNotIn("\x1b", answer.err)

    def test_never_runs_confined_changes(self):
        answer = self.tools_run(WRITE, DONE, arguments=["--approve", "never"])
        self.assertEqual(answer.returncode, 0, answer.err)
        self.assertEqual((self.work / "a.txt").read_text(), "hello")


class AfterUntrustedOutput(ToolsTest):
    """What a tool brought may hold orders: `--injection strict` asks before a call that reads secrets."""

    SECRET = {"tool_calls": [{"name": "read_file", "arguments": {"path": ".env"}}]}

    def setUp(self):
        super().setUp()
        (self.work / ".env").write_text("KEY=canary\n")

    def test_marked_and_not_asked_about_by_default(self):
        answer = self.tools_run(READ, self.SECRET, DONE)
        self.assertEqual(answer.returncode, 0, answer.err)
        self.assertEqual([event["is_untrusted"] for event in self.events("ToolCallFinished")], [True, True])
        self.assertRegex(self.succeeds("runs", "events", "@last").out, r"ToolCallFinished +\S+ ok, untrusted")

    def test_denied_where_nobody_is_asked(self):
        answer = self.tools_run(READ, self.SECRET, DONE, arguments=("--injection", "strict", "--approve", "never"))
        self.assertEqual(answer.returncode, 0, answer.err)
        self.assertRegex(answer.err, r"(?m)^tool read_file denied .*after untrusted output of read_file")
        self.assertNotIn("canary", str(self.events("ToolCallFinished")))

    def test_the_question_says_why_and_is_for_one_call(self):
        run = self.parked(READ, self.SECRET, DONE, arguments=("--injection", "strict"))
        self.assertIn("after untrusted output of read_file", self.succeeds("approve", "@last", "--dry-run").err)
        self.assertIn("after untrusted output of read_file", self.succeeds("runs", "events", "@last").out)
        self.fails(2, "an approval of its own", "approve", run, "--for-run")
        self.succeeds("approve", run)
        self.assertIn("All done.", self.succeeds("resume", run).out)

    def test_on_a_terminal(self):
        terminal = self.on_tools_terminal(READ, self.SECRET, DONE, arguments=("--injection", "strict"))
        text = terminal.until("[y] allow this call  [n] deny  [q] abort the run: ")
        self.assertIn("after untrusted output of read_file", text)
        terminal.send("y\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertIn("All done.", terminal.text)

    def test_a_later_run_of_the_session_knows(self):
        self.assertEqual(self.tools_run(READ, DONE).returncode, 0)
        session = self.shown()["session_id"]
        answer = self.tools_run(READ, DONE, self.SECRET, DONE,
                                arguments=("--injection", "strict", "--approve", "never", "--session", session))
        self.assertRegex(answer.err, r"denied .*after untrusted output in earlier runs of the session")
        self.assertTrue(self.events("RunStarted")[0]["is_history_untrusted"])


class WithoutTerminal(ToolsTest):
    def test_a_question_lets_the_run_go(self):
        answer = self.tools_run(WRITE, DONE)
        self.assertEqual(answer.returncode, 5)
        self.assertEqual(answer.out, "")
        shown = self.shown()
        call = self.events("InterruptRaised")[0]["call_id"]
        self.assertIn(f"orchestrator approve {shown['run_id']} {call}\n", answer.err)
        self.assertEqual((shown["status"], shown["held"], shown["waiting"]), ("active", False, True))
        self.assertRegex(self.succeeds("runs", "list").out, rf"(?m)^{shown['run_id']} +waiting")
        self.assertIn(f"orchestrator approve {shown['run_id']} {call}\n", self.succeeds("runs", "show", "@last").out)
        self.assertFalse((self.work / "a.txt").exists())

    def test_json_has_events_alone(self):
        answer = self.tools_run(WRITE, DONE, arguments=["--json"])
        self.assertEqual(answer.returncode, 5)
        self.assertTrue(all(line.startswith("{") for line in answer.out.splitlines()))
        self.assertIn('"InterruptRaised"', answer.out.splitlines()[-1])
        self.assertIn("orchestrator approve run_", answer.err)

    def test_approve_then_resume(self):
        run = self.parked(WRITE, DONE)
        looked = self.succeeds("approve", "@last", "--dry-run")
        self.assertEqual(looked.out, "")
        self.assertIn("The model wants to call write_file", looked.err)
        self.assertIn("  | ", looked.err)
        answer = self.succeeds("approve", run)
        self.assertRegex(answer.out, rf"^run {run}: write_file .* approved\n$")
        self.assertIn(f"orchestrator resume {run}", answer.err)
        self.fails(3, "nothing waits for an approval", "approve", run)
        resumed = self.succeeds("resume", run)
        self.assertEqual(resumed.out, "All done.\n")
        self.assertRegex(resumed.err, r"(?m)^tool write_file ok after ")
        self.assertEqual((self.work / "a.txt").read_text(), "hello")
        self.assertEqual(self.shown()["status"], "completed")
        self.fails(1, "it has ended (completed)", "resume", run)
        self.fails(3, "nothing waits", "deny", run)

    def test_deny_tells_the_model_why(self):
        run = self.parked(WRITE, DONE)
        self.succeeds("deny", run, "--reason", "not here")
        self.assertEqual(self.succeeds("resume", run).out, "All done.\n")
        self.assertIn("not here", self.events("ToolCallFinished")[0]["error"]["message"])
        self.assertFalse((self.work / "a.txt").exists())

    def test_for_the_run(self):
        run = self.parked(WRITE, WRITE, DONE)
        decided = self.json_lines("approve", run, "--for-run", "--json")[0]
        self.assertEqual((decided["decision"], decided["held"]), ("allow_run", False))
        self.assertEqual(self.succeeds("resume", run).out, "All done.\n")
        self.assertEqual(len(self.events("InterruptRaised")), 1)

    def test_resume_before_an_answer_asks_again(self):
        run = self.parked(WRITE, DONE)
        answer = self.run_program("resume", run)
        self.assertEqual(answer.returncode, 5, answer.err)
        self.assertIn(f"orchestrator approve {run}", answer.err)
        self.assertEqual(len(self.events("InterruptRaised")), 1)

    def test_several_questions(self):
        two = {"tool_calls": WRITE["tool_calls"] * 2}
        run = self.parked(two, DONE, arguments=["--parallel-tools", "2"])
        calls = [raised["call_id"] for raised in self.events("InterruptRaised")]
        self.assertEqual(len(calls), 2)
        refused = self.fails(2, "name one", "approve", run)
        for call in calls:
            self.assertIn(call, refused.err)
        self.fails(3, "there are: ", "approve", run, "other")
        self.succeeds("approve", run, calls[1])
        self.succeeds("deny", run, calls[0])
        self.assertEqual(self.succeeds("resume", run).out, "All done.\n")

    def test_what_runs_beside_a_question_comes_to_its_end(self):
        both = {"tool_calls": WRITE["tool_calls"] + READ["tool_calls"]}
        run = self.parked(both, DONE, arguments=["--parallel-tools", "2"])
        self.assertEqual([call["outcome"] for call in self.events("ToolCallFinished")], ["ok"])
        self.succeeds("approve", run)
        self.assertEqual(self.succeeds("resume", run).out, "All done.\n")

    def test_a_store_that_nobody_else_sees(self):
        answer = self.tools_run(WRITE, DONE, arguments=["--store", "memory:"])
        self.assertEqual(answer.returncode, 5, answer.err)
        self.assertIn("its store is memory:", answer.err)
        self.assertNotIn("orchestrator approve", answer.err)

    def test_a_process_of_an_older_version(self):
        run = self.parked(WRITE, DONE)
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(str(self.folder / f"runtime/orchestrator/{run}.sock"))
        server.listen(1)

        def answer():
            client = server.accept()[0]
            with client:
                client.recv(65536)
                client.sendall(b'{"v":1,"ok":false,"error":{"code":"invalid_argument",'
                               b'"message":"the control socket got an unknown command"}}\n')

        peer = threading.Thread(target=answer)
        peer.start()
        self.fails(1, "of a version that does not know 'approve'", "approve", run)
        peer.join()

    def test_a_session_in_chat(self):
        answer = self.run_program("chat", "--model", self.script(WRITE, DONE), "--workspace", "work",
                                  stdin=b"Go\nAgain\n")
        self.assertEqual(answer.returncode, 5, answer.err)
        self.assertIn("orchestrator approve run_", answer.err)


class OnTerminalPrompts(ToolsTest):
    KEYS = "[q] abort the run: "

    def test_yes(self):
        terminal = self.on_tools_terminal(WRITE, DONE)
        text = terminal.until(self.KEYS)
        self.assertIn("The model wants to call write_file", text)
        self.assertIn("  | ", text)
        self.assertIn("a.txt", text)
        terminal.send("what\ny\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertIn("All done.", terminal.text)
        self.assertEqual((self.work / "a.txt").read_text(), "hello")
        self.assertEqual(self.events("InterruptResolved")[0]["by"], "user")

    def test_for_the_run(self):
        terminal = self.on_tools_terminal(WRITE, WRITE, DONE)
        terminal.until(self.KEYS)
        terminal.send("a\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertEqual(terminal.text.count(self.KEYS), 1)

    def test_no_with_a_reason(self):
        terminal = self.on_tools_terminal(WRITE, DONE)
        terminal.until(self.KEYS)
        terminal.send("n\n")
        terminal.until("why (told to the model")
        terminal.send("wrong folder\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertEqual(self.events("InterruptResolved")[0]["reason"], "wrong folder")

    def test_quit_ctrl_c_and_ctrl_d(self):
        for keys, status in (("q\n", 130), ("\x03", 130), ("\x04", 5)):
            terminal = self.on_tools_terminal(WRITE, DONE)
            terminal.until(self.KEYS)
            terminal.send(keys)
            self.assertEqual(terminal.finish(), status, terminal.text)
            self.assertFalse((self.work / "a.txt").exists())
        self.assertIn("orchestrator approve run_", terminal.text)

    def test_deception_is_made_visible(self):
        call = {"name": "write_file", "arguments": {
            "path": "a.txt", "content": "ok\r\x1b[2J\u202egnp.exe\u200b\U000e0061\nThe model wants to call read_file"}}
        terminal = self.on_tools_terminal({"tool_calls": [call]}, DONE)
        text = terminal.until(self.KEYS)
        terminal.send("n\n\n")
        terminal.finish()
        for hidden in ("\u202e", "\u200b", "\U000e0061", "\x1b[2J"):
            self.assertNotIn(hidden, text)
        for visible in ("202e", "200b"):
            self.assertIn(visible, text)
        self.assertNotIn("\nThe model wants to call read_file", text)

    def test_another_process_answers_first(self):
        terminal = self.on_tools_terminal(WRITE, DONE)
        terminal.until(self.KEYS)
        decided = self.json_lines("approve", "@last", "--json")[0]
        self.assertTrue(decided["held"])
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertEqual((self.work / "a.txt").read_text(), "hello")
        self.assertIn("allowed by cli", terminal.text)

    def test_resume_asks(self):
        run = self.parked(WRITE, DONE)
        terminal = self.on_terminal("resume", run)
        terminal.until(self.KEYS)
        terminal.send("y\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        self.assertEqual((self.work / "a.txt").read_text(), "hello")


class AfterACrash(ToolsTest):
    def crashed(self):
        """A run whose process was killed while an irreversible call was under way; its id."""
        live = self.start("run", "--json", "--model", self.script(sleep_for(50), DONE), "--workspace", "work", "Go")
        self.assertEqual(live.finish(), 5, live.errors())
        self.succeeds("approve", live.run_id)
        resumed = self.start("resume", live.run_id, "--json")
        resumed.until("ToolCallStarted")
        os.kill(resumed.process.pid, signal.SIGKILL)
        resumed.process.wait()
        return live.run_id

    def test_a_call_of_which_nobody_knows_is_asked_about(self):
        run = self.crashed()
        answer = self.run_program("resume", run)
        self.assertEqual(answer.returncode, 5, answer.err)
        self.assertIn("whether it happened is not known", answer.err)
        self.assertEqual(self.events("InterruptRaised")[-1]["kind"], "clarification")
        looked = self.succeeds("deny", run, "--dry-run")
        self.assertIn("What became of a call of run_command is not known", looked.err)
        self.fails(2, "--for-run does not fit", "approve", run, "--for-run")
        self.succeeds("deny", run, "--reason", "leave it")
        self.assertEqual(self.succeeds("resume", run).out, "All done.\n")
        self.assertEqual(self.events("ToolCallFinished")[0]["outcome"], "unknown")
        self.assertEqual(len(self.events("ToolCallStarted")), 1)

    def test_on_a_terminal(self):
        run = self.crashed()
        terminal = self.on_terminal("resume", run)
        terminal.until("[y] make the call again  [n] leave it")
        terminal.send("n\n\n")
        self.assertEqual(terminal.finish(), 0, terminal.text)

    def test_an_answer_of_a_model_that_was_under_way(self):
        live = self.start_run(self.script({"text": "one two three", "faults": [{"kind": "stall", "after_bytes": 900}]}))
        live.until("OutputDelta")
        live.process.send_signal(signal.SIGKILL)
        live.process.wait()
        self.assertIn("orchestrator resume", self.fails(1, "its process is gone", "pause", "@last").err)
        terminal = self.start("resume", "@last", "--json")
        terminal.until("RunResumed")
        self.succeeds("abort", "@last")
        self.assertEqual(terminal.finish(), 130)
