# SPDX-License-Identifier: Apache-2.0
"""One repetition of a part of the journal benchmark: a fresh process on a fresh folder, and its line as metrics."""

import tempfile
from contextlib import contextmanager
from pathlib import Path

from bench.journal.workloads import Appends, Conversation, Length
from bench.rig.client import Client
from bench.rig.machine import Machine, RunFailed, run_alone


@contextmanager
def fresh_folder():
    with tempfile.TemporaryDirectory(prefix="bench-journal-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def bytes_in(folder: Path) -> int:
    """Of all files in it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run_appends(machine: Machine, client: Client, workload: Appends) -> dict:
    with fresh_folder() as folder:
        run = run_alone(machine, client.command(machine.bin_dir) + [
            "--folder", str(folder), "--runs", str(workload.runs), "--lines", str(workload.lines),
            "--pace-us", str(workload.pace_us)])
        size = bytes_in(folder)
    return {"metrics": append_metrics(run.report, workload, size) | run.load, "report": run.report}


def append_metrics(report: dict, workload: Appends, file_bytes: int) -> dict:
    events = report["events"]
    if events < workload.lines:
        raise RunFailed(f"{events} events were written, {workload.lines} lines were asked for")
    metrics = {"events_per_s": events / report["wall_s"], "cpu_us": report["cpu_s"] * 1e6 / events,
               "bytes_per_event": file_bytes / events, "line_bytes": report["line_bytes"] / events,
               "grown_mib": report["grown_mib"]}
    for name in ("soft_p50", "soft_p99", "strict_p50", "strict_p99"):
        metrics[f"{name}_ms"] = report[f"{name}_us"] / 1e3
    if workload.pace_us:
        metrics["wall_of_ideal"] = report["wall_s"] / (workload.lines / workload.runs * workload.pace_us / 1e6)
    return metrics


def run_length(machine: Machine, client: Client, workload: Length) -> dict:
    with fresh_folder() as folder:
        command = client.command(machine.bin_dir) + ["--store", f"sqlite:{folder}/runs.db", "--shape", workload.shape]
        written = run_alone(machine, command + ["--phase", "write", "--events", str(workload.events)])
        size = bytes_in(folder)
        run = run_alone(machine, command + ["--phase", "read"])
    report = written.report | run.report
    return {"metrics": length_metrics(report, size, workload) | run.load, "report": report}


def length_metrics(report: dict, file_bytes: int, workload: Length) -> dict:
    events = report["events"]
    if not 0.7 * workload.events <= events <= 1.3 * workload.events:
        raise RunFailed(f"the run has {events} events, about {workload.events} were asked for")
    metrics = {name: report[name] for name in ("head_ms", "head_mib", "page_first_ms", "page_middle_ms", "page_last_ms")}
    metrics["page_last_of_first"] = report["page_last_ms"] / report["page_first_ms"]
    if workload.shape == "deltas":
        return metrics | {"bytes_per_event": file_bytes / events}
    return metrics | {"verify_ms": report["verify_ms"], "recover_ms": report["recover_ms"],
                      "verified_per_s": events * 1e3 / report["verify_ms"],
                      "recovered_per_s": events * 1e3 / report["recover_ms"], "all_mib": report["all_mib"]}


def run_conversation(machine: Machine, client: Client, workload: Conversation) -> dict:
    with fresh_folder() as folder:
        file = folder / "runs.db"
        store = str(file) if client.python else f"sqlite:{file}"
        run = run_alone(machine, client.command(machine.bin_dir) + [
            "--store", store, workload.option, str(workload.units)])
        size = bytes_in(folder)
    return {"metrics": conversation_metrics(run.report, workload, size) | run.load, "report": run.report}


def conversation_metrics(report: dict, workload: Conversation, file_bytes: int) -> dict:
    """A run counts only if every answer came, and whole."""
    if report["failed"]:
        raise RunFailed(f"{report['failed']} of {workload.units} answers were not what the script says")
    if report["units"] != workload.units:
        raise RunFailed(f"{report['units']} were done, {workload.units} were asked for")
    return {"ms_per_unit": report["wall_s"] * 1e3 / workload.units,
            "cpu_ms_per_unit": report["cpu_s"] * 1e3 / workload.units,
            "file_kb": file_bytes / 1e3, "bytes_per_unit": file_bytes / workload.units, "rss_mib": report["rss_mib"]}
