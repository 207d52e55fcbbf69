# SPDX-License-Identifier: Apache-2.0
"""All rounds of a benchmark, interleaved: in a round every client runs the same workload, one after the other."""

import time

from bench.rig.machine import Machine, RunFailed
from bench.rig.preparation import say


def measure(machine: Machine, clients, workloads, rounds: int, run_client) -> tuple[list[dict], list[dict]]:
    """All rounds, each by `run_client(machine, client, workload)`; returns the runs that count and the failures."""
    runs, failures = [], []
    total, done, start = rounds * len(workloads) * len(clients), 0, time.monotonic()
    for number in range(rounds):
        order = clients if number % 2 == 0 else list(reversed(clients))
        for workload in workloads:
            for client in order:
                where = {"round": number, "workload": workload.key, "client": client.name}
                try:
                    runs.append(where | run_client(machine, client, workload))
                    word = ""
                except RunFailed as error:
                    failures.append(where | {"why": str(error)})
                    word = f"  FAILED: {error}"
                done += 1
                elapsed_s = round(time.monotonic() - start)
                say(f"[{done}/{total}, {elapsed_s} s] round {number + 1} {workload.key} {client.name}{word}")
    return runs, failures
