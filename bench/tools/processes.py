# SPDX-License-Identifier: Apache-2.0
"""One repetition of the tool loop: starts mock and client, and turns the client's line into metrics."""

import math

from bench.rig.client import Client
from bench.rig.machine import Machine, Mock, RunFailed, journal_of, run_once
from bench.tools.workloads import ToolLoop


def run_client(machine: Machine, client: Client, workload: ToolLoop) -> dict:
    """One repetition: a fresh mock and a fresh client. Raises RunFailed."""
    load = workload.load
    with journal_of(client) as store:
        mock = Mock(machine)
        try:
            run = run_once(machine, mock, client.command(machine.bin_dir) + [
                "--base-url", mock.base_url, "--loops", str(load.requests), "--warmup", str(load.warmup),
                "--steps", str(workload.steps), *store])
        finally:
            mock.stop()
    check_counts(run.report, workload, load.requests)
    return {"metrics": metrics_of(run.report, workload) | run.load, "report": run.report}


def check_counts(report: dict, workload: ToolLoop, loops: int) -> None:
    """A run counts only if every loop ended in a text and the tool ran once for each step."""
    if report["failed"]:
        raise RunFailed(f"{report['failed']} of {loops} loops failed")
    if len(report["loop_ns"]) != loops:
        raise RunFailed(f"{len(report['loop_ns'])} loops were timed, {loops} were asked for")
    if report["tool_calls"] != loops * workload.steps:
        raise RunFailed(f"the tool ran {report['tool_calls']} times, {loops * workload.steps} calls were sent")


def metrics_of(report: dict, workload: ToolLoop) -> dict:
    """Per loop, and per model call: a loop has one more of these than it has steps."""
    loops, model_calls = len(report["loop_ns"]), workload.steps + 1
    sorted_ms = sorted(ns / 1e6 for ns in report["loop_ns"])
    cpu_ms, wall_ms = report["cpu_s"] * 1e3 / loops, report["wall_s"] * 1e3 / loops
    return {"cpu_ms_per_loop": cpu_ms, "cpu_ms_per_call": cpu_ms / model_calls,
            "wall_ms_per_loop": wall_ms, "wall_ms_per_call": wall_ms / model_calls,
            "loop_p50_ms": quantile(sorted_ms, 0.5), "loop_p99_ms": quantile(sorted_ms, 0.99),
            "rss_mib": report["rss_mib"]}


def quantile(ordered: list[float], q: float) -> float:
    """The exact quantile of a list in order that is not empty."""
    return ordered[max(math.ceil(q * len(ordered)), 1) - 1]
