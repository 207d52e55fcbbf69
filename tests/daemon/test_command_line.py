# SPDX-License-Identifier: Apache-2.0
"""The command line with the daemon: starting and ending it, leaving runs to it, and steering those that it holds."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

from daemon.daemon_program import DEADLINE_S, PROGRAM, DaemonTest

COMMAND = Path(os.environ.get("ORCHESTRATOR_PROGRAM", PROGRAM.with_name("orchestrator")))
# An answer whose first word never comes within a test: what can be steered meanwhile.
NEVER = {"text": "one two", "first_delay_ms": 600_000}


class CommandLineTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "state/orchestrator/daemon"
        self.addCleanup(self.end_daemon)

    def end_daemon(self):
        if (self.home / "running.json").exists():
            subprocess.run([COMMAND, "daemon", "stop"], env=self.environment, cwd=self.folder, capture_output=True,
                           timeout=DEADLINE_S, check=False)

    def say(self, *arguments, status=0):
        """The command's stdout; its stderr is kept."""
        answer = subprocess.run([COMMAND, *arguments], env=self.environment, cwd=self.folder, capture_output=True,
                                stdin=subprocess.DEVNULL, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(answer.returncode, status, answer.stdout + answer.stderr)
        self.errors = answer.stderr
        return answer.stdout

    def start_daemon(self, *arguments):
        return json.loads(self.say("daemon", "start", "--listen", "127.0.0.1:0", "--json", *arguments))

    def events(self, run):
        return [json.loads(line) for line in self.say("runs", "events", run, "--json").splitlines()]

    def until(self, run, kind):
        """Waits for an event of this type."""
        with subprocess.Popen([COMMAND, "runs", "events", run, "--follow", "--json"], env=self.environment,
                              cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            try:
                for line in process.stdout:
                    event = json.loads(line)
                    if event["type"] == kind:
                        return event
            finally:
                process.kill()
        self.fail(f"no {kind}")


class Life(CommandLineTest):
    def test_it_starts_tells_and_stops(self):
        self.assertEqual(json.loads(self.say("daemon", "status", "--json", status=69)), {"result": "is not running"})
        self.assertIn("no token yet", self.say("daemon", "token", status=3) + self.errors)
        self.assertIn("no log", self.say("daemon", "logs", status=3) + self.errors)
        started = self.start_daemon()
        self.assertEqual(started["result"], "runs")
        self.assertRegex(started["address"], r"^127\.0\.0\.1:\d+$")
        self.assertTrue(started["store"].startswith(f"sqlite:{self.folder}/state/"), started["store"])
        self.assertEqual({stat.S_IMODE((self.home / name).stat().st_mode) for name in ("running.json", "token", "log")},
                         {0o600})
        self.assertEqual(json.loads(self.say("daemon", "status", "--json")), started)
        self.assertEqual(self.start_daemon(), {**started, "result": "runs already"})
        self.assertIn(f"pid      {started['pid']}\n", self.say("daemon", "status"))
        self.assertEqual(self.say("daemon", "token"), (self.home / "token").read_text())
        self.assertIn(f"listens on http://{started['address']}", self.say("daemon", "logs"))
        self.assertEqual(json.loads(self.say("daemon", "stop", "--json")), {**started, "result": "has stopped"})
        self.assertFalse((self.home / "running.json").exists())
        self.assertEqual(self.say("daemon", "stop"), "the daemon is not running\n")

    def test_one_that_was_killed_does_not_run(self):
        first = self.start_daemon()
        os.kill(first["pid"], signal.SIGKILL)
        deadline = time.monotonic() + DEADLINE_S
        while subprocess.run([COMMAND, "daemon", "status"], env=self.environment, capture_output=True,
                             check=False).returncode != 69:
            self.assertLess(time.monotonic(), deadline)
        self.assertTrue((self.home / "running.json").exists())
        self.assertEqual(self.say("daemon", "stop"), "the daemon is not running\n")
        second = self.start_daemon()
        self.assertNotEqual((first["pid"], first["address"]), (second["pid"], second["address"]))

    def leave_record(self, **members):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        begun = boot + " " + Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
        self.home.mkdir(parents=True, exist_ok=True)
        path = self.home / "running.json"
        path.write_text(json.dumps({"pid": os.getpid(), "begun": begun, "address": "127.0.0.1:1", "store": "memory:",
                                    "version": "0", **members}))
        path.chmod(0o600)
        self.addCleanup(path.unlink, missing_ok=True)

    def test_another_process_of_its_number_is_left_alone(self):
        now = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
        for begun in ("1", now, "00000000-0000-0000-0000-000000000000 " + now):
            self.leave_record(begun=begun)
            self.assertEqual(self.say("daemon", "stop"), "the daemon is not running\n")
            self.say("daemon", "status", status=69)

    def test_the_token_goes_to_this_machine_alone(self):
        (self.home).mkdir(parents=True)
        (self.home / "token").touch(0o600)
        (self.home / "token").write_text("orc_" + "a" * 64)
        self.leave_record(address="192.0.2.1:80")
        self.say("daemon", "status", status=2)
        self.assertIn("no token goes there", self.errors)
        self.leave_record()
        self.say("daemon", "status", status=69)
        self.assertIn("does not answer", self.errors)

    def test_what_keeps_it_from_starting_is_told(self):
        self.say("daemon", "start", "--store", "nothing:", status=2)
        self.assertIn("allowed: jsonl:DIR", self.errors)
        other = self.start("--store", "memory:")
        self.assertEqual(json.loads(self.say("daemon", "status", "--json"))["address"], f"127.0.0.1:{other.port}")
        other.kill(signal.SIGTERM)
        self.say("daemon", "status", status=69)

    def test_the_log_is_followed(self):
        started = self.start_daemon()
        with subprocess.Popen([COMMAND, "daemon", "logs", "-f"], env=self.environment, cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            self.assertIn(started["address"], process.stdout.readline())
            self.say("daemon", "stop")
            self.assertIn("stopping", process.stdout.readline())
            process.stdout.close()
            self.start_daemon()
            self.assertEqual(process.wait(DEADLINE_S), 0)


class Runs(CommandLineTest):
    def test_a_run_is_left_to_it(self):
        model = self.script({"text": "one two"})
        self.say("run", "--detach", "--model", model, "Go", status=69)
        self.assertIn("orchestrator daemon start", self.errors)
        self.start_daemon()
        run = self.say("run", "--detach", "--model", model, "--label", "team=a", "Go").strip()
        self.assertRegex(run, r"^run_[0-9A-Za-z]{26}$")
        self.until(run, "Completed")
        shown = json.loads(self.say("runs", "show", run, "--json").splitlines()[0])
        self.assertEqual((shown["run_id"], shown["status"], shown["input_preview"]), (run, "completed", "Go"))
        more = json.loads(self.say("run", "--detach", "--json", "--model", model, "--session", "@last", "More"))
        self.assertEqual(more["session_id"], shown["session_id"])
        self.until(more["run_id"], "Completed")

    def test_what_it_cannot_take_is_refused(self):
        model = self.script({"text": "one two"})
        (self.folder / "a.txt").write_text("x")
        self.start_daemon()
        for message, *flags in (("--file does not go with --detach", "--file", "a.txt"),
                                ("--detach and --no-daemon", "--no-daemon"),
                                ("the daemon keeps its runs in sqlite:", "--store", "jsonl:other")):
            self.say("run", "--detach", "--model", model, "Go", *flags, status=2)
            self.assertIn(message, self.errors)
        self.say("run", "--detach", "--model", model, "--session", "ses_01K5D0000000000000000000AB", "Go", status=3)

    def test_its_runs_are_steered(self):
        self.start_daemon()
        run = self.say("run", "--detach", "--model", self.script(NEVER), "Go").strip()
        self.say("hint", run, "Be brief", "--no-daemon", status=1)
        self.assertIn("offers no control socket", self.errors)
        self.assertIn("hint queued", self.say("hint", run, "Be brief"))
        self.assertTrue(json.loads(self.say("hint", "--json", run, "Be kind"))["hint_id"].startswith("hint_"))
        self.assertIn("checkpoint written", self.say("checkpoint", run, "here"))
        self.assertIn("paused", self.say("pause", run))
        self.assertIn("resumed", self.say("resume", run))
        self.assertEqual(self.say("abort", run), f"run {run}: aborted\n")
        self.assertEqual(self.events(run)[-1]["type"], "Aborted")
        self.say("hint", run, "Too late", status=1)
        self.assertIn("has ended", self.errors)

    def test_its_questions_are_answered(self):
        self.start_daemon()
        (self.folder / "workspace").mkdir()
        for command, written in (("approve", True), ("deny", False)):
            call = {"name": "write_file", "arguments": {"path": f"{command}.txt", "content": "x"}}
            model = self.script({"tool_calls": [call]}, {"text": "done"}, name=f"{command}.json")
            run = self.say("run", "--detach", "--model", model, "--workspace", "workspace", "Go").strip()
            self.until(run, "InterruptRaised")
            answer = json.loads(self.say(command, run, "--json"))
            self.assertTrue(answer["held"], answer)
            self.until(run, "Completed")
            self.assertEqual((self.folder / f"workspace/{command}.txt").exists(), written)


    def test_a_run_out_of_a_file_is_gone_on_with_once_it_is_trusted(self):
        (self.folder / "workspace").mkdir()
        call = {"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}
        model = self.script({"tool_calls": [call]}, {"text": "done"})
        asked = self.say("run", "--model", model, "--workspace", "workspace", "--json", "Go", status=5)
        run = json.loads(asked.splitlines()[0])["run_id"]
        self.say("runs", "export", run, "--output", "run.orun")
        self.say("runs", "delete", run, "--yes")
        self.say("runs", "import", "run.orun")
        self.start_daemon()
        self.assertIn("came out of files", self.say("daemon", "logs"))
        self.say("resume", run, status=1)
        self.assertIn("--trust-imported", self.errors)
        self.say("resume", run, "--trust-imported")
        self.say("approve", run)
        self.until(run, "Completed")
        self.assertTrue((self.folder / "workspace/a.txt").exists())


class Together(CommandLineTest):
    def test_every_daemon_command_says_what_it_does(self):
        text = self.say("daemon", "--help")
        self.assertEqual(re.findall(r"(?m)^  daemon ([a-z]+) ", text), ["start", "stop", "status", "token", "logs"])
