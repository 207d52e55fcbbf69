# SPDX-License-Identifier: Apache-2.0
"""The real daemon: what clients see when connections are cut and the daemon is killed."""

import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

from daemon.daemon_program import DEADLINE_S, PROGRAM, DaemonTest

# An answer whose first word comes late: what is killed before it may ask again.
LATE = {"text": "one two three four", "first_delay_ms": 1500}
LONG = {"text": "one two three four five six seven eight nine ten", "delta_chars": 2, "delay_ms": 10}


class Runs(DaemonTest):
    def test_a_stream_that_is_cut_goes_on_without_gap_or_repeat(self):
        daemon = self.start()
        run = self.start_run(daemon, self.script(LONG))
        seen = []
        for most in (3, 4, 5, 6, None):
            seen += daemon.events(run, seen[-1]["seq"] if seen else 0, most)
        self.assertEqual([event["seq"] for event in seen], list(range(1, len(seen) + 1)))
        self.assertEqual((seen[0]["type"], seen[-1]["type"]), ("RunStarted", "Completed"))
        self.assertEqual(daemon.events(run), seen)
        connection, answer = daemon.request("GET", f"/v1/runs/{run}/events", Accept="text/event-stream",
                                            Last_Event_ID=str(len(seen)))
        self.assertEqual(answer.status, 204)
        connection.close()

    def test_a_client_that_leaves_cancels_nothing(self):
        daemon = self.start()
        run = self.start_run(daemon, self.script(LONG))
        daemon.events(run, 0, 3)
        self.assertEqual(daemon.events(run)[-1]["type"], "Completed")

    def test_runs_outlive_a_killed_daemon(self):
        daemon = self.start()
        model = self.script(LATE)
        done = self.start_run(daemon, model)
        self.assertEqual(daemon.events(done)[-1]["type"], "Completed")
        status, first = daemon.call("POST", "/v1/runs", {"input": "Go", "model": model}, Idempotency_Key="once")
        self.assertEqual(status, 201)
        seen = daemon.events(first["run_id"], 0, 4)
        daemon.kill()
        daemon = self.start()
        daemon.until("runs that went on: 1")
        status, again = daemon.call("POST", "/v1/runs", {"input": "Go", "model": model}, Idempotency_Key="once")
        self.assertEqual((status, again["run_id"]), (201, first["run_id"]))
        rest = daemon.events(first["run_id"], seen[-1]["seq"])
        self.assertEqual(rest[-1]["type"], "Completed")
        self.assertEqual(seen + rest, daemon.events(first["run_id"]))
        status, page = daemon.call("GET", "/v1/runs")
        self.assertEqual({run["run_id"] for run in page["runs"]}, {done, first["run_id"]})

    def test_a_stopped_daemon_leaves_its_runs_to_the_next(self):
        daemon = self.start()
        run = self.start_run(daemon, self.script(LATE))
        seen = daemon.events(run, 0, 4)
        self.assertEqual(daemon.kill(signal.SIGTERM), 0)
        daemon = self.start()
        rest = daemon.events(run, seen[-1]["seq"])
        self.assertEqual(rest[-1]["type"], "Completed")
        self.assertNotIn("AbortRequested", [event["type"] for event in rest])

    def test_a_question_waits_for_its_answer_over_a_restart(self):
        daemon = self.start()
        model = self.script({"tool_calls": [{"name": "write_file", "arguments": {"path": "a.txt", "content": "x"}}]},
                            {"text": "done"})
        workspace = self.folder / "workspace"
        workspace.mkdir()
        run = self.start_run(daemon, model, workspace=str(workspace), tools=["write_file"])
        seen = daemon.events(run, 0, 1)
        seen = daemon.events(run, 0, 1)
        while seen[-1]["type"] != "InterruptRaised":
            seen += daemon.events(run, seen[-1]["seq"], 1)
        self.assertEqual(daemon.kill(signal.SIGTERM), 0)
        daemon = self.start()
        daemon.until("runs that went on: 1")
        question = seen[-1]["data"]["interrupt_id"]
        status, answer = daemon.call("POST", f"/v1/runs/{run}/interrupts/{question}", {"decision": "allow_once"})
        self.assertEqual(status, 200, answer)
        self.assertEqual(daemon.events(run, seen[-1]["seq"])[-1]["type"], "Completed")
        self.assertEqual((workspace / "a.txt").read_text(), "x")


class Program(DaemonTest):
    def test_the_token_is_for_its_owner_alone(self):
        daemon = self.start()
        token = self.folder / "state/orchestrator/daemon/token"
        self.assertEqual(stat.S_IMODE(token.stat().st_mode), 0o600)
        self.assertEqual(token.read_text().strip(), daemon.token)
        self.assertNotIn(daemon.token, daemon.said)
        daemon.token = "orc_wrong"
        self.assertEqual(daemon.call("GET", "/v1/runs")[0], 401)

    def test_it_listens_on_a_socket(self):
        path = str(self.folder / "d.sock")
        daemon = self.start("--socket", path)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(DEADLINE_S)
            connection.connect(path)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            self.assertIn(b"200 OK", connection.recv(65536))
        daemon.kill(signal.SIGTERM)
        self.assertFalse(Path(path).exists())

    def refused(self, status, message, *arguments):
        answer = subprocess.run([PROGRAM, *arguments], env=self.environment, cwd=self.folder, capture_output=True,
                                text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(answer.returncode, status, answer.stderr)
        self.assertIn(message, answer.stderr)
        return answer

    def test_it_refuses_what_it_cannot_do(self):
        self.refused(2, "did you mean '--listen'", "--listn", "x")
        self.refused(2, "needs a value", "--store")
        self.refused(2, "needs TLS", "--listen", "0.0.0.0:0")
        self.refused(2, "takes ADDRESS:PORT", "--listen", "evil.test:80")
        self.refused(2, "allowed: jsonl:DIR", "--store", "nothing:")
        self.refused(0, "", "--help")
        daemon = self.start()
        self.refused(1, "cannot listen on", "--listen", f"127.0.0.1:{daemon.port}")

    def test_the_man_page_names_every_flag(self):
        page = (Path(__file__).parents[2] / "packaging/man/orchestratord.1").read_text().replace("\\-", "-")
        for line in self.refused(0, "", "--help").stdout.splitlines():
            for word in line.split():
                if word.startswith("--"):
                    self.assertIn(word, page)
