# SPDX-License-Identifier: Apache-2.0
"""Runs one command of a suite: in a process group of its own, with a deadline, output in a log file."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TSAN_SUPPRESSIONS = Path(__file__).resolve().with_name("tsan.supp")
SYMBOLIZER = "/usr/lib/llvm-19/bin/llvm-symbolizer"
KILL_GRACE_S = 5.0
POLL_S = 0.05


def suite_environment(folder):
    """The developer's environment less his own settings of the program, with state folders in `folder`."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("ORCHESTRATOR_") or key == "ORCHESTRATOR_FIXTURES"
    }
    for name in ("STATE_HOME", "CONFIG_HOME", "CACHE_HOME", "RUNTIME_DIR"):
        path = Path(folder) / name.lower()
        path.mkdir(mode=0o700)
        environment["XDG_" + name] = str(path)
    environment["TMPDIR"] = str(folder)
    environment["PYTHONPATH"] = "tools"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["NO_COLOR"] = "1"
    environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1")
    environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    environment.setdefault(
        "TSAN_OPTIONS",
        f"second_deadlock_stack=1:external_symbolizer_path={SYMBOLIZER}:suppressions={TSAN_SUPPRESSIONS}",
    )
    environment.setdefault("ASAN_SYMBOLIZER_PATH", SYMBOLIZER)
    return environment


def end_group(process):
    """Ends the process and whatever it started: first politely, then not."""
    for number, wait_s in ((signal.SIGTERM, KILL_GRACE_S), (signal.SIGKILL, KILL_GRACE_S)):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            continue
    # The leader may be gone while its children are not.
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def adopt_orphans():
    """From here on, a daemon that a suite leaves behind becomes a child of this process, so it can be found."""
    set_child_subreaper = 36
    ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0)


def children():
    """Process ids of this process's children, zombies too."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(stat.parent.name))
    return found


def end_orphans():
    """Ends what the suite started in sessions of their own; a server must not outlive its state folder."""
    for _ in range(100):
        orphans = children()
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except OSError:
                continue
        if not orphans:
            return


def run_logged(command, root, log, deadline_s, on_progress=None, environment=None):
    """Returns the exit status, or None where the deadline passed. Output goes to the file `log`.

    `on_progress(elapsed_s)` is called a few times a second.
    """
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    adopt_orphans()
    folder = tempfile.mkdtemp(prefix="suite-")
    started = time.monotonic()
    try:
        with open(log, "wb") as output:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=root,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**suite_environment(folder), **(environment or {})},
                    start_new_session=True,
                )
            except OSError as error:
                output.write(f"cannot run {command[0]}: {error.strerror}\n".encode())
                return 127
            try:
                while process.poll() is None:
                    if time.monotonic() - started > deadline_s:
                        return None
                    if on_progress:
                        on_progress(time.monotonic() - started)
                    time.sleep(POLL_S)
                return process.returncode
            finally:
                end_group(process)
                end_orphans()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Progress:
    """Says what runs and how far it is: one line rewritten on a terminal, else a line now and then."""

    def __init__(self, name, log, stream=sys.stderr, every_s=None):
        self.name, self.log, self.stream = name, log, stream
        self.terminal = stream.isatty()
        self.every_s = every_s or (1.0 if self.terminal else 20.0)
        self.shown_s = 0.0

    def __call__(self, elapsed_s):
        if elapsed_s < max(2.0, self.shown_s + self.every_s):
            return
        self.shown_s = elapsed_s
        text = f"      {self.name}: {elapsed_s:.0f} s  {last_line(self.log)}"
        self.stream.write(f"\r\x1b[K{text}" if self.terminal else text + "\n")
        self.stream.flush()

    def close(self):
        if self.terminal and self.shown_s:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def last_line(log):
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.path.getsize(log) - 400))
            text = file.read().decode("utf-8", "replace").replace("\r", "\n")
    except OSError:
        return ""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:70] if lines else ""
