# SPDX-License-Identifier: Apache-2.0
"""Starts the mock and one client, each pinned to a core, and reads what they and the machine took."""

import json
import os
import resource
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.rig.client import Client

RUN_SECONDS_MAX = 300
OPEN_FILES = 4096


class RunFailed(Exception):
    """A run that cannot be counted; the text says why."""


@dataclass(frozen=True)
class Machine:
    """Where processes run. Cores are None on a machine with one core."""

    bin_dir: Path
    mock_core: int | None
    client_core: int | None
    realtime: bool

    def enter(self, core: int | None):
        """The function to call in a child process before it becomes the program."""

        def prepare():
            if core is not None:
                os.sched_setaffinity(0, {core})
            if self.realtime:
                os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
            _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            limit = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))

        return prepare


class Mock:
    """The mock server, for one run of one client."""

    def __init__(self, machine: Machine):
        self._process = subprocess.Popen([machine.bin_dir / "bench_mock_openai"], stdout=subprocess.PIPE, text=True,
                                         stdin=subprocess.DEVNULL, preexec_fn=machine.enter(machine.mock_core))
        line = self._process.stdout.readline().split()
        if len(line) != 2 or line[0] != "port":
            self.stop()
            raise RunFailed("the mock server did not start")
        self.base_url = f"http://127.0.0.1:{line[1]}/v1"

    def cpu_s(self) -> float:
        """User and system time of the mock so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> list[int]:
        """Ends the mock; returns when it saw sockets closed by the client, in clock nanoseconds."""
        self._process.terminate()
        rest, _ = self._process.communicate(timeout=10)
        return [int(line.split()[1]) for line in rest.splitlines() if line.startswith("closed ")]


def cores() -> tuple[int | None, int | None]:
    """The mock's core and the client's; none where only one can be used."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def busy_s() -> float:
    """Time that all cores together spent on anything since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def journal_of(client: Client):
    """The `--store` arguments of a client: a fresh folder for a journal in files, removed afterwards."""
    if client.store is None:
        yield []
    elif client.store in ("jsonl:", "sqlite:"):
        with tempfile.TemporaryDirectory(prefix="bench-journal-", ignore_cleanup_errors=True) as folder:
            place = folder if client.store == "jsonl:" else f"{folder}/runs.db"
            yield ["--store", client.store + place]
    else:
        yield ["--store", client.store]


@dataclass(frozen=True)
class Run:
    """What came of one client: its report, and the process seen from outside."""

    report: dict
    exec_ns: int
    process_cpu_s: float
    load: dict  # metrics: cores busy with the mock, and with what is no part of the benchmark


def run_alone(machine: Machine, command: list[str]) -> Run:
    """One program that needs no mock, from start to end. Raises RunFailed."""
    return run_once(machine, None, command)


def run_once(machine: Machine, mock: Mock | None, command: list[str]) -> Run:
    """One client from start to end. Raises RunFailed."""
    cpu_before, busy_before = children_cpu_s(), busy_s()
    exec_ns = time.monotonic_ns()
    done = run_to_end(machine, command)
    wall_s = (time.monotonic_ns() - exec_ns) / 1e9
    mock_cpu_s, busy_total_s = mock.cpu_s() if mock else 0.0, busy_s() - busy_before
    process_cpu_s = children_cpu_s() - cpu_before
    load = {"mock_cores": mock_cpu_s / wall_s,
            "other_load": max(0.0, (busy_total_s - mock_cpu_s - process_cpu_s) / wall_s)}
    return Run(parse_report(done), exec_ns, process_cpu_s, load)


def run_to_end(machine: Machine, command: list[str]) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items()
                   if not name.upper().endswith("_PROXY") and not name.startswith("OPENAI_")}
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS_MAX, env=environment,
                              stdin=subprocess.DEVNULL, preexec_fn=machine.enter(machine.client_core), check=False)
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"not done after {RUN_SECONDS_MAX} s") from error


def parse_report(done: subprocess.CompletedProcess) -> dict:
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RunFailed(f"exit code {done.returncode}: {last}")
    try:
        return json.loads(lines[-1])
    except ValueError as error:
        raise RunFailed(f"printed no JSON: {lines[-1][:200]}") from error
