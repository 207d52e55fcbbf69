# SPDX-License-Identifier: Apache-2.0
"""The daemon under test, in a home of its own, and a client that follows events. Waits are for output, with a deadline
that only a broken program reaches."""

import http.client
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("ORCHESTRATORD_PROGRAM", ROOT / "build/release/bin/orchestratord"))
DEADLINE_S = 60


class Daemon:
    """A running orchestratord, ready to be asked."""

    def __init__(self, environment, folder, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "--listen", "127.0.0.1:0", *arguments], env=environment, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.said = ""
        self.port = int(self.until(r"listens on http://127\.0\.0\.1:(\d+)").group(1))
        self.token = Path(re.search(r"token in (\S+)", self.said).group(1)).read_text().strip()

    def until(self, pattern):
        """Reads stderr until the pattern is in it."""
        deadline = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.said)):
            ready, _, _ = select.select([self.process.stderr], [], [], max(0, deadline - time.monotonic()))
            block = os.read(self.process.stderr.fileno(), 65536).decode() if ready else ""
            if not block:
                raise AssertionError(f"{pattern!r} was never said: {self.said}")
            self.said += block
        return found

    def request(self, method, path, body=None, **fields):
        """A request; the open answer and its connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        headers = {"Authorization": f"Bearer {self.token}", **{name.replace("_", "-"): v for name, v in fields.items()}}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        return connection, connection.getresponse()

    def call(self, method, path, body=None, **fields):
        """A request whose answer is JSON: its status and its value."""
        connection, answer = self.request(method, path, body, **fields)
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text else None

    def events(self, run_id, after=0, most=None):
        """The events of a run as its stream gives them, from `after` on; at most `most`, then the connection is cut."""
        connection, answer = self.request("GET", f"/v1/runs/{run_id}/events", Accept="text/event-stream",
                                          Last_Event_ID=str(after))
        seen = []
        if answer.status != 204:
            assert answer.status == 200, answer.read()
            for line in answer:
                if line.startswith(b"data: {") and b'"seq":' in line:
                    seen.append(json.loads(line[6:]))
                    if most is not None and len(seen) == most:
                        break
        answer.close()
        connection.close()
        return seen

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        status = self.process.wait(DEADLINE_S)
        self.said += self.process.stderr.read().decode()
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()


class DaemonTest(unittest.TestCase):
    """A test with a home, a store and scripts of its own."""

    def setUp(self):
        if not PROGRAM.exists():
            self.fail(f"{PROGRAM} is not built")
        self.folder = Path(tempfile.mkdtemp(prefix="orchestratord-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {
            "HOME": str(self.folder / "home"), "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"), "PATH": os.environ["PATH"], "NO_PROXY": "*"}

    def script(self, *turns, name="script.json", **members):
        """Writes a script; the model name that plays it."""
        (self.folder / name).write_text(json.dumps({"turns": list(turns), **members}))
        return f"scripted/{name}"

    def start(self, *arguments):
        daemon = Daemon(self.environment, self.folder, *arguments)
        self.addCleanup(daemon.close)
        return daemon

    def start_run(self, daemon, model, **members):
        status, run = daemon.call("POST", "/v1/runs", {"input": "Go", "model": model, **members})
        self.assertEqual(status, 201, run)
        return run["run_id"]
