# SPDX-License-Identifier: Apache-2.0
"""The results of the tool loop as Markdown. Every cell is median [lowest-highest] over the rounds."""

from bench.rig.summary import Results
from bench.rig.table import cell, clients_section, table, targets_section
from bench.tools.workloads import CLIENTS, PEER, TARGETS, ToolLoop

COLUMNS = [("cpu_ms_per_call", "CPU ms/model call"), ("wall_ms_per_call", "wall ms/model call"),
           ("cpu_ms_per_loop", "CPU ms/loop"), ("loop_p50_ms", "loop p50 ms"), ("loop_p99_ms", "loop p99 ms"),
           ("rss_mib", "peak memory MiB"), ("other_load", "other load")]


def loop_section(results: Results, workload: ToolLoop) -> str:
    rows = []
    for client in CLIENTS:
        if client.name in results.clients(workload.key):
            ratio = cell(results.paired(workload.key, client.name, "cpu_ms_per_loop", PEER))
            rows.append([client.name, *[cell(results.spread(workload.key, client.name, name)) for name, _ in COLUMNS],
                         ratio])
    head = ["client", *[label for _, label in COLUMNS], f"CPU against `{PEER}`"]
    load = workload.load
    return (f"## {workload.title}\n\n{workload.steps} steps, so {workload.steps + 1} model calls a loop; "
            f"{load.requests} loops after {load.warmup} for warming up.\n\n" + table(head, rows) + "\n")


def render(results: Results, workloads: list[ToolLoop], facts: dict) -> str:
    """The whole report."""
    machine = facts["environment"]
    peers = ", ".join(f"{name} {version}" for name, version in machine["peers"].items())
    text = f"""# Tool loop benchmark

orchestrator {machine['version']} ({machine['commit']}), {facts['started']}, {facts['rounds']} rounds.
{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux {machine['kernel']};
{machine['compiler']}; {machine['curl']}; Node {machine['node']}; {peers}.

Every cell is **median [lowest–highest]** over the rounds; each repetition is a fresh process. In a round all clients
run one after the other, in reverse order every second round, and ratios pair runs of one round. {facts['pinning']}
All traffic is on 127.0.0.1. A run counts only if every loop ended in a text and the tool ran once for each step.
**Read ratios, not absolute times**: `other load` is how many cores were busy with something else.

"""
    rows = [[client.name, client.note] for client in CLIENTS if client.name in facts["clients"]]
    text += clients_section(facts, rows, "few loops")
    text += "\n" + targets_section(results, TARGETS) + "\n"
    return text + "".join(loop_section(results, workload) for workload in workloads).rstrip() + "\n"
