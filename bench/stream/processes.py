# SPDX-License-Identifier: Apache-2.0
"""One repetition of a stream workload: starts mock and client, and turns the client's line into metrics."""

import time

from bench.rig.client import Client
from bench.rig.machine import Machine, Mock, RunFailed, journal_of, run_once
from bench.stream.workloads import Workload

# What a paced stream takes at best: the first delta after 50 ms, then one each 10 ms.
FIRST_DELTA_S = 0.05
INTERVAL_S = 0.01
# Lets the mock print the last closed socket before it is ended.
SETTLE_S = 0.1


def run_client(machine: Machine, client: Client, workload: Workload) -> dict:
    """One repetition: a fresh mock and a fresh client. Raises RunFailed."""
    load = workload.load(client)
    with journal_of(client) as store:
        mock = Mock(machine)
        closed = []
        try:
            run = run_once(machine, mock, client.command(machine.bin_dir) + [
                "--base-url", mock.base_url, "--mode", workload.mode, "--concurrency", str(workload.concurrency),
                "--requests", str(load.requests), "--warmup", str(load.warmup), "--deltas", str(workload.deltas),
                *store])
            if workload.kind == "abort":
                time.sleep(SETTLE_S)
        finally:
            closed = mock.stop()
    check_counts(run.report, workload, load.requests)
    metrics = metrics_of(run.report, workload, run.exec_ns, run.process_cpu_s)
    if workload.kind == "abort":
        metrics |= abort_metrics(run.report, closed, load.warmup)
    return {"metrics": metrics | run.load, "report": run.report}


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
