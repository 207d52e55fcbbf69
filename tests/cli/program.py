# SPDX-License-Identifier: Apache-2.0
"""The program under test, in a home of its own: runs it on pipes, starts it to read event by event, and puts it on a
terminal. Waits are for output, with a deadline that only a broken program reaches."""

import fcntl
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

# A shell that starts the tests in the background has them ignored, and what they start would ignore them too.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

ROOT = Path(__file__).parents[2]
PROGRAM = Path(os.environ.get("ORCHESTRATOR_PROGRAM", ROOT / "build/release/bin/orchestrator"))
DEADLINE_S = 60


def end(process):
    """Kills what a failed test has left."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


class Live:
    """A process whose stdout is read line by line as events."""

    def __init__(self, process):
        self.process = process
        self.events = []
        self.buffer = b""

    def read_event(self):
        """The next event, or None at the end of the output."""
        deadline = time.monotonic() + DEADLINE_S
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"no event came; so far: {[event['type'] for event in self.events]}")
            block = os.read(self.process.stdout.fileno(), 65536)
            if not block:
                return None
            self.buffer += block
        line, _, self.buffer = self.buffer.partition(b"\n")
        event = json.loads(line)
        self.events.append(event)
        return event

    def until(self, kind, **data):
        """Reads on to an event of this type whose data has these values."""
        while True:
            event = self.read_event()
            if event is None:
                raise AssertionError(f"no {kind}; there were: {[seen['type'] for seen in self.events]}\n{self.errors()}")
            if event["type"] == kind and all(event["data"].get(key) == value for key, value in data.items()):
                return event

    def errors(self):
        return self.process.stderr.read().decode() if self.process.stderr else ""

    def finish(self):
        """Reads to the end; the exit status."""
        while self.read_event() is not None:
            pass
        return self.process.wait(DEADLINE_S)

    @property
    def run_id(self):
        return self.events[0]["run_id"]


class OnTerminal:
    """A process on a terminal of its own; what it writes to stdout and stderr comes together."""

    def __init__(self, command, environment, folder):
        self.master, slave = pty.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.OPOST  # line ends as they are written
        termios.tcsetattr(slave, termios.TCSANOW, attributes)

        def own_terminal():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder, preexec_fn=own_terminal)
        os.close(slave)
        self.text = ""

    def until(self, wanted, start=0):
        """Reads until `wanted` has been written after position `start`."""
        deadline = time.monotonic() + DEADLINE_S
        while wanted not in self.text[start:]:
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            if not ready or not self._read():
                raise AssertionError(f"{wanted!r} never came in: {self.text!r}")
        return self.text

    def _read(self):
        try:
            block = os.read(self.master, 65536)
        except OSError:  # the process has let go of its terminal
            return False
        self.text += block.decode(errors="replace")
        return bool(block)

    def send(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        while True:
            ready, _, _ = select.select([self.master], [], [], DEADLINE_S)
            if not ready:
                raise AssertionError(f"it never ended: {self.text!r}")
            if not self._read():
                return self.process.wait(DEADLINE_S)

    def close(self):
        end(self.process)
        os.close(self.master)


class ProgramTest(unittest.TestCase):
    """A test with a home, a store and scripts of its own."""

    def setUp(self):
        if not PROGRAM.exists():
            self.fail(f"{PROGRAM} is not built")
        self.folder = Path(tempfile.mkdtemp(prefix="orchestrator-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "runtime").mkdir(mode=0o700)
        self.environment = {
            "HOME": str(self.folder / "home"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_RUNTIME_DIR": str(self.folder / "runtime"),
            "PATH": os.environ["PATH"],
            "TERM": "xterm",
            "NO_PROXY": "*",
        }

    def script(self, *turns, name="script.json", **members):
        """Writes a script; the model name that plays it."""
        (self.folder / name).write_text(json.dumps({"turns": list(turns), **members}))
        return f"scripted/{name}"

    def run_program(self, *arguments, stdin=b"", environment=None, **options):
        answer = subprocess.run(
            [PROGRAM, *arguments], input=stdin, capture_output=True, env={**self.environment, **(environment or {})},
            cwd=self.folder, timeout=DEADLINE_S, check=False, **options)
        answer.out, answer.err = answer.stdout.decode(errors="replace"), answer.stderr.decode(errors="replace")
        self.assertNotRegex(answer.err, "internal error|terminate called|Assertion|Sanitizer")
        return answer

    def succeeds(self, *arguments, **options):
        answer = self.run_program(*arguments, **options)
        self.assertEqual(answer.returncode, 0, answer.err)
        return answer

    def fails(self, status, message, *arguments, lines=1, **options):
        """The program ends with `status` and one line on stderr that holds `message`."""
        answer = self.run_program(*arguments, **options)
        self.assertEqual(answer.returncode, status, answer.err)
        self.assertIn(message, answer.err)
        said = [line for line in answer.err.splitlines() if line.startswith("orchestrator: ")]
        self.assertEqual(len(said), lines, answer.err)
        return answer

    def json_lines(self, *arguments, **options):
        return [json.loads(line) for line in self.succeeds(*arguments, **options).out.splitlines()]

    def start(self, *arguments, environment=None):
        process = subprocess.Popen(
            [PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**self.environment, **(environment or {})}, cwd=self.folder)
        self.addCleanup(end, process)
        return Live(process)

    def start_run(self, model, *arguments, **options):
        """A run with --json that has written its first event."""
        live = self.start("run", "--json", "--model", model, *arguments, "Go", **options)
        live.until("RunStarted")
        return live

    def on_terminal(self, *arguments, environment=None):
        terminal = OnTerminal([PROGRAM, *arguments], {**self.environment, **(environment or {})}, self.folder)
        self.addCleanup(terminal.close)
        return terminal


# An answer that comes word by word and then goes on for ever, until it is aborted.
STALLING = {"text": "one two three four five", "delta_chars": 4, "faults": [{"kind": "stall", "after_bytes": 900}]}
