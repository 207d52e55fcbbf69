# SPDX-License-Identifier: Apache-2.0
"""Starts the mock and one client, each pinned to a core, and turns the client's line into metrics."""

import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from workloads import HERE, Client, Workload

RUN_SECONDS_MAX = 300
OPEN_FILES = 4096
# What a paced stream takes at best: the first delta after 50 ms, then one each 10 ms.
FIRST_DELTA_S = 0.05
INTERVAL_S = 0.01
# Lets the mock print the last closed socket before it is ended.
SETTLE_S = 0.1


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


def command_of(machine: Machine, client: Client) -> list[str]:
    if client.node:
        return ["node", str(HERE / "peers" / client.program)]
    return [str(machine.bin_dir / client.program)]


def busy_s() -> float:
    """Time that all cores together spent on anything since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_client(machine: Machine, client: Client, workload: Workload) -> dict:
    """One repetition: a fresh mock and a fresh client. Raises RunFailed."""
    load = workload.load(client)
    folder = tempfile.mkdtemp(prefix="bench-journal-") if client.store == "jsonl:" else None
    mock = Mock(machine)
    closed = []
    try:
        command = command_of(machine, client) + [
            "--base-url", mock.base_url, "--mode", workload.mode, "--concurrency", str(workload.concurrency),
            "--requests", str(load.requests), "--warmup", str(load.warmup), "--deltas", str(workload.deltas)]
        if client.store is not None:
            command += ["--store", client.store + (folder or "")]
        cpu_before, busy_before = children_cpu_s(), busy_s()
        exec_ns = time.monotonic_ns()
        done = run_to_end(machine, command)
        wall_s = (time.monotonic_ns() - exec_ns) / 1e9
        mock_cpu_s, busy_total_s = mock.cpu_s(), busy_s() - busy_before
        process_cpu_s = children_cpu_s() - cpu_before
        if workload.kind == "abort":
            time.sleep(SETTLE_S)
    finally:
        closed = mock.stop()
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    report = parse_report(done)
    check_counts(report, workload, load.requests)
    metrics = metrics_of(report, workload, exec_ns, process_cpu_s)
    if workload.kind == "abort":
        metrics |= abort_metrics(report, closed, load.warmup)
    metrics["mock_cores"] = mock_cpu_s / wall_s
    metrics["other_load"] = max(0.0, (busy_total_s - mock_cpu_s - process_cpu_s) / wall_s)
    return {"metrics": metrics, "report": report}


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


def check_counts(report: dict, workload: Workload, requests: int) -> None:
    """A run counts only if every delta that the mock was asked for reached user code."""
    if report["failed"]:
        raise RunFailed(f"{report['failed']} of {requests} requests failed")
    if workload.kind != "abort" and report["deltas"] != requests * workload.deltas:
        raise RunFailed(f"{report['deltas']} deltas came, {requests * workload.deltas} were sent")


def metrics_of(report: dict, workload: Workload, exec_ns: int, process_cpu_s: float) -> dict:
    metrics = {"rss_mib": report["rss_mib"]}
    if workload.kind in ("blast", "paced"):
        metrics |= {"cpu_us": report["cpu_s"] * 1e6 / report["deltas"],
                    "deltas_per_s": report["deltas"] / report["wall_s"],
                    "deltas_per_piece": report["deltas"] / report["pieces"],
                    "wall_s": report["wall_s"]}
    if workload.kind == "paced":
        rounds = report["requests"] / workload.concurrency
        ideal_s = rounds * (FIRST_DELTA_S + INTERVAL_S * (workload.deltas - 1))
        metrics |= {"wall_of_ideal": report["wall_s"] / ideal_s}
    if workload.kind in ("paced", "ttft"):
        metrics |= {"p50_us": report["p50_us"], "p99_us": report["p99_us"], "p99_ms": report["p99_us"] / 1e3,
                    "ttft_p50_ms": report["ttft_p50_ms"], "ttft_p99_ms": report["ttft_p99_ms"],
                    "cpu_ms_per_request": report["cpu_s"] * 1e3 / report["requests"]}
    if workload.kind == "cold":
        metrics |= {"cold_ms": (report["first_token_ns"] - exec_ns) / 1e6, "cold_cpu_ms": process_cpu_s * 1e3}
    return metrics


def abort_metrics(report: dict, closed: list[int], warmup: int) -> dict:
    """From each abort call to the close that the mock saw, and to the end that user code saw."""
    calls, ended = report["abort_call_ns"], report["aborted_ns"]
    if not len(calls) == len(ended) == len(closed) or len(calls) <= warmup:
        raise RunFailed(f"{len(calls)} aborts, {len(ended)} ends seen, {len(closed)} sockets closed")
    socket_ms = sorted((b - a) / 1e6 for a, b in list(zip(calls, closed))[warmup:])
    aborted_ms = sorted((b - a) / 1e6 for a, b in list(zip(calls, ended))[warmup:])
    return {"socket_p50_ms": socket_ms[len(socket_ms) // 2], "socket_max_ms": socket_ms[-1],
            "aborted_p50_ms": aborted_ms[len(aborted_ms) // 2], "aborted_max_ms": aborted_ms[-1]}
