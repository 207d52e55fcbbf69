# SPDX-License-Identifier: Apache-2.0
"""Every mistake and every broken surrounding gets one clear line, the right exit status, and loses nothing."""

import http.server
import json
import os
import subprocess
import threading
import unittest

from cli.program import PROGRAM, ProgramTest

SECRET = "sk-canary-0123456789abcdefghij"


class Usage(ProgramTest):
    def test_command_line(self):
        self.fails(2, "a command is missing")
        self.fails(2, "unknown command 'rnu'; did you mean 'run'?", "rnu")
        answer = self.fails(2, "unknown flag '--modle'; did you mean '--model'?", "run", "--modle", "x", "Hi")
        self.assertIn("usage: orchestrator run [PROMPT]", answer.err)
        self.fails(2, "--model needs a value: PROVIDER/MODEL", "run", "Hi", "--model")
        self.fails(2, "--remember and --no-remember", "run", "--remember", "--no-remember", "Hi")
        self.fails(2, "comes with 0.3.0", "mcp")

    def test_prompt(self):
        model = ("--model", self.script({"text": "x"}))
        self.fails(2, "the prompt is empty", "run", *model, "")
        self.fails(2, "only white space", "run", *model, " \n\t")
        self.fails(2, "give it as PROMPT", "run", *model)
        self.fails(2, "not valid UTF-8: byte 3 of 5", "run", *model, "-", stdin=b"abc\xffd")
        self.fails(2, "argument 4 'ab\\xff' is not valid UTF-8 (byte 2)", "run", *model, b"ab\xff")
        folder = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, folder)
        answer = subprocess.run([PROGRAM, "run", *model, "-"], stdin=folder, capture_output=True,
                                env=self.environment, cwd=self.folder, check=False)
        self.assertEqual(answer.returncode, 2)
        self.assertIn(b"cannot be read: Is a directory", answer.stderr)

    def test_no_prompt_on_a_terminal(self):
        terminal = self.on_terminal("run", "--model", self.script({"text": "x"}))
        self.assertEqual(terminal.finish(), 2)
        self.assertIn("the prompt is missing: give it as PROMPT", terminal.text)

    def test_files(self):
        model = ("--model", self.script({"text": "x"}))
        self.fails(2, "'none.txt' cannot be read: No such file", "run", *model, "--file", "none.txt", "Hi")
        self.fails(2, "is a folder", "run", *model, "--file", ".", "Hi")
        self.fails(2, "is not JSON: line 1", "run", *model, "--output-schema", "script.json.txt", "Hi",
                   **self.with_file("script.json.txt", "{nope"))

    def with_file(self, name, text):
        (self.folder / name).write_text(text)
        return {}

    def test_values(self):
        model = ("--model", self.script({"text": "x"}))
        self.fails(2, "unknown setting 'temprature'; did you mean 'temperature'?",
                   "run", *model, "--set", "temprature=1", "Hi")
        self.fails(2, "a number from 0 to 2", "run", *model, "--set", "temperature=9", "Hi")
        self.fails(2, "it takes KEY=VALUE", "run", *model, "--set", "temperature", "Hi")
        self.fails(2, "the units ms, s, m, h, d", "run", *model, "--timeout", "10 parsecs", "Hi")
        self.fails(2, "from 1 to 1000", "run", *model, "--max-turns", "0", "Hi")
        self.fails(2, "allowed: jsonl:DIR, sqlite:FILE, memory:", "run", *model, "--store", "mysql:x", "Hi")



class Configuration(ProgramTest):
    def user(self, text):
        path = self.folder / "config/orchestrator/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_wrong_keys(self):
        self.user("[log]\nlevle = \"info\"\n")
        self.fails(2, "config.toml:2:1: unknown key 'log.levle'; did you mean 'log.level'?", "runs", "list")
        for file in ("config/orchestrator/config.toml", "orchestrator.toml"):
            (self.folder / file).write_text("store = \"jsonl:\"\n")
            self.fails(2, f"{file}:1:1: 'store' is 'jsonl:', which names no folder", "run", "Hi")
            (self.folder / file).unlink()
        self.user("model = = 1\n")
        self.fails(2, "config.toml:1:9: ", "run", "Hi")
        self.user("store = \"jsonl:${NOWHERE}\"\n")
        self.fails(2, "NOWHERE, which is not set", "doctor")
        self.user("[providers.mine]\nbase_url = \"http://example.com/v1\"\napi_key_env = \"K\"\n")
        self.fails(2, "config.toml:2: base_url of provider 'mine'", "run", "Hi")
        self.fails(2, "none.toml cannot be read", "run", "--config", "none.toml", "Hi")

    def test_wrong_variables(self):
        model = ("--model", self.script({"text": "x"}))
        for name, value, message in (
                ("ORCHESTRATOR_LOG", "loud", "ORCHESTRATOR_LOG: "),
                ("ORCHESTRATOR_LOG_FORMAT", "xml", "ORCHESTRATOR_LOG_FORMAT: "),
                ("ORCHESTRATOR_STORE", "mysql:x", "ORCHESTRATOR_STORE: ")):
            self.fails(2, message, "run", *model, "Hi", environment={name: value})

    def test_a_wrong_address_refuses_the_runs_of_its_provider_only(self):
        other = self.script({"text": "x"})
        for provider, name, value, message in (
                ("chat", "CHAT_BASE_URL", "nonsense", "CHAT_BASE_URL: not an address"),
                ("gemini", "GOOGLE_GEMINI_BASE_URL", "ftp://x", "GOOGLE_GEMINI_BASE_URL: the address"),
                ("anthropic", "ANTHROPIC_BASE_URL", "nonsense", "ANTHROPIC_BASE_URL: not an address"),
                ("openai", "OPENAI_BASE_URL", f"https://user:{SECRET}@host/v1", "OPENAI_BASE_URL: an address may not")):
            environment = {name: value}
            refused = self.fails(2, message, "run", "--model", f"{provider}/m", "Hi", environment=environment)
            self.assertEqual(self.succeeds("run", "--model", other, "Hi", environment=environment).out, "x\n")
            found = self.run_program("doctor", "--offline", environment=environment)
            self.assertEqual(found.returncode, 1)
            self.assertRegex(found.out, rf"(?m)^{provider} +FAILS +{message}")
            for text in (refused.err, found.out, found.err):
                self.assertNotIn(SECRET, text)
        self.fails(2, "CHAT_BASE_URL: ", "run", "Hi", environment={"CHAT_BASE_URL": "nonsense"})

    def test_doctor_shows_no_piece_of_a_password_of_the_store(self):
        for password, url in (
                ("S3cr/etpw", "postgres://u:S3cr/etpw@127.0.0.1:1/db"),
                ("S3@cr/et", "postgres://u:S3@cr/et@127.0.0.1:1/db"),
                ("S3c@ret", "postgres://127.0.0.1:1/db?password=S3c@ret"),
                ("S3cret", "postgres://127.0.0.1:1/db?sslpassword=S3cret"),
                ("/S3cret", "postgres://127.0.0.1:1/db?passfile=/S3cret"),
                ("S3c?ret", "postgres://u:S3c?ret@127.0.0.1:1/db"),
                ("S3cr/et", "postgress://u:S3cr/et@127.0.0.1:1/db"),
                ("S3cr", "postgres://u:S3cr")):
            self.user(f"store = \"{url}\"\n")
            for environment in ({}, {"ORCHESTRATOR_STORE": url}):
                for arguments in (("doctor", "--offline"), ("doctor", "--offline", "--json"), ("runs", "list")):
                    answer = self.run_program(*arguments, environment=environment)
                    self.assertNotEqual(answer.returncode, 0)
                    for start in range(len(password) - 2):
                        self.assertNotIn(password[start:start + 3], answer.out + answer.err, url)

    def test_a_project_may_not_set_endpoints(self):
        (self.folder / "orchestrator.toml").write_text("[providers.mine]\nbase_url = \"https://evil/v1\"\n")
        self.fails(2, "orchestrator.toml:2:1: 'providers.mine.base_url' may not stand in a project's file", "run", "Hi")

    def test_a_project_may_choose_the_model(self):
        (self.folder / "orchestrator.toml").write_text(f"model = \"{self.script({'text': 'from the project'})}\"\n")
        self.assertEqual(self.succeeds("run", "Hi").out, "from the project\n")

    def test_key_files_are_private(self):
        key = self.folder / "key"
        key.write_text(SECRET)
        key.chmod(0o644)
        self.user(f"[providers.mine]\nbase_url = \"https://example.com/v1\"\napi_key_file = \"{key}\"\n")
        answer = self.fails(2, f"chmod 600 {key}", "run", "--model", "mine/m", "Hi")
        self.assertNotIn(SECRET, answer.err)


class Models(ProgramTest):
    def test_unknown_provider(self):
        self.fails(2, "did you mean 'scripted'", "run", "--model", "scriptd/x", "Hi")
        self.fails(2, "expected PROVIDER/MODEL", "run", "--model", "nothing", "Hi")

    def test_no_key(self):
        for name in ("openai", "anthropic", "gemini"):
            self.fails(2, f"set {name.upper()}_API_KEY", "run", "--model", f"{name}/m", "Hi")

    def test_script(self):
        self.fails(2, "none.json", "run", "--model", "scripted/none.json", "Hi")
        (self.folder / "bad.json").write_text("{\"turns\":[{\"txt\":1}]}")
        self.fails(2, "/turns/0/txt", "run", "--model", "scripted/bad.json", "Hi")

    def test_unreachable_server(self):
        answer = self.fails(1, "127.0.0.1", "run", "--model", "chat/m", "Hi",
                            environment={"CHAT_BASE_URL": "http://127.0.0.1:1/v1"})
        self.assertEqual(answer.out, "")
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["error_code"], "provider_unreachable")

    def test_wrong_key(self):
        class Refusing(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = json.dumps({"error": {"message": f"Incorrect API key provided: {SECRET}"}}).encode()
                self.send_response(401)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        base = f"http://127.0.0.1:{server.server_address[1]}/v1"
        answer = self.fails(1, "key", "run", "--model", "openai/m", "Hi",
                            environment={"OPENAI_BASE_URL": base, "OPENAI_API_KEY": SECRET})
        self.assertNotIn(SECRET, answer.err)
        shown = self.succeeds("runs", "show", "@last", "--json")
        self.assertEqual(json.loads(shown.out)["error_code"], "provider_auth_failed")
        self.assertNotIn(SECRET, shown.out)

    def test_a_plan_whose_other_models_do_not_fit_says_why(self):
        first = self.script({"text": "x", "faults": [{"kind": "http", "status": 401}]}, name="first.json")
        second = self.script({"text": "y"}, name="second.json")
        (self.folder / "prices.json").write_text(json.dumps(
            {"version": "of this test", "models": [{"model": second, "context_tokens": 1}]}))
        (self.folder / "config.toml").write_text('catalogue = "prices.json"\n')
        answer = self.run_program("run", "--config", "config.toml", "--model", first, "--fallback", second, "Hi")
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn(f"no other model of the plan is fit: {first}: failed:provider_auth_failed; "
                      f"{second}: too_small:context_tokens\n", answer.err)

    def test_a_timeout_has_its_own_status(self):
        model = self.script({"text": "word " * 400, "faults": [{"kind": "stall", "after_bytes": 4000}]})
        self.fails(8, "", "run", "--model", model, "--timeout", "300ms", "Hi")
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["error_code"], "run_timeout")


class Surroundings(ProgramTest):
    def test_unknown_runs_and_sessions(self):
        for wanted in ("run_01JZZZZZZZZZZZZZZZZZZZZZZZ", "@last", "nonsense", "run_01"):
            self.fails(3, "no run", "runs", "show", wanted)
        for wanted in ("ses_01JZZZZZZZZZZZZZZZZZZZZZZZ", "nonsense", "@last"):
            self.fails(3, "no session", "run", "--model", self.script({"text": "x"}), "--session", wanted, "Hi")
        self.fails(3, "no run", "pause", "@last")

    def test_stdout_is_full(self):
        with open("/dev/full", "wb") as full:
            answer = self.start_with(full, "run", "--model", self.script({"text": "Hello."}), "Hi")
        self.assertEqual(answer.returncode, 1)
        self.assertIn(b"orchestrator: cannot write output: No space left on device", answer.stderr)
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["status"], "completed")
        for arguments in (["--help"], ["version"], ["runs", "list"], ["doctor", "--offline"]):
            with open("/dev/full", "wb") as full:
                self.assertEqual(self.start_with(full, *arguments).returncode, 1, arguments)

    def test_stdout_is_closed(self):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as gone:
            answer = self.start_with(gone, "run", "--model", self.script({"text": "Hello. " * 50}), "Hi")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual(self.json_lines("runs", "list", "--json")[0]["status"], "completed")

    def test_no_descriptors_at_all(self):
        command = f"exec '{PROGRAM}' run --model '{self.script({'text': 'Hello.'})}' Hi <&- >&- 2>&-"
        answer = subprocess.run(["sh", "-c", command], env=self.environment, cwd=self.folder, check=False, timeout=60)
        self.assertEqual(answer.returncode, 0, "a file or socket of the program took the number of stdout")
        shown = self.json_lines("runs", "show", "@last", "--json")[0]
        self.assertEqual(shown["status"], "completed")
        self.assertEqual(shown["ended"]["output"], "Hello.")

    def test_no_home(self):
        environment = {key: value for key, value in self.environment.items() if key in ("PATH", "TERM")}
        model = self.script({"text": "Hello."})
        answer = subprocess.run([PROGRAM, "run", "--model", model, "Hi"], env=environment, cwd=self.folder,
                                capture_output=True, check=False)
        self.assertEqual(answer.returncode, 2)
        self.assertIn(b"XDG_STATE_HOME", answer.stderr)
        answer = subprocess.run([PROGRAM, "run", "--model", model, "--store", "memory:", "Hi"], env=environment,
                                cwd=self.folder, capture_output=True, check=False)
        self.assertEqual((answer.returncode, answer.stdout), (0, b"Hello.\n"), answer.stderr)

    def test_the_state_folder_cannot_be_made(self):
        (self.folder / "file").write_text("")
        self.fails(1, str(self.folder / "file"), "run", "--model", self.script({"text": "x"}), "Hi",
                   environment={"XDG_STATE_HOME": str(self.folder / "file")})

    @unittest.skipUnless(os.geteuid() == 0, "mounting a small disk needs root")
    def test_the_disk_is_full(self):
        disk = self.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False,
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=False)
        model = self.script({"text": "word " * 40000, "delta_chars": 500})
        answer = self.fails(1, str(disk), "run", "--store", f"jsonl:{disk}/journal", "--model", model, "Hi")
        self.assertRegex(answer.err, "(?i)no space|full")
        self.assertEqual(self.succeeds("runs", "list", "--store", f"jsonl:{disk}/journal", "--json").returncode, 0)

    def start_with(self, stdout, *arguments):
        return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=stdout,
                              stderr=subprocess.PIPE, env=self.environment, cwd=self.folder, check=False, timeout=60)

