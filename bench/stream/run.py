# SPDX-License-Identifier: Apache-2.0
"""The stream benchmark: our client, the floor and the peers on the same streams, interleaved in one run.

Writes stream.md, stream.json (every run, raw) and stream.svg. Exit 0 when all runs counted, 1 when some
did not, 2 for a mistake in the command or a failed build.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import plot
import report
from preparation import ROOT, build, choose_clients, environment, fail, say
from processes import Machine, RunFailed, run_client
from summary import Results
from workloads import CLIENTS, FULL, QUICK

ROUNDS_FULL = 5
ROUNDS_QUICK = 2


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench stream", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rounds of small workloads: a smoke run, no result")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "stream", help="folder of the results")
    parser.add_argument("--rounds", type=int, help=f"default {ROUNDS_FULL}, quick {ROUNDS_QUICK}")
    parser.add_argument("--clients", default="", help="names with commas: " + ",".join(c.name for c in CLIENTS))
    parser.add_argument("--workloads", default="", help="names with commas: " + ",".join(w.key for w in FULL))
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build" / "release", help="default: build/release")
    parser.add_argument("--bin-dir", type=Path, help="use the programs of this folder and build nothing")
    parser.add_argument("--realtime", action="store_true",
                        help="run in the real-time class (needs root), so that other work on the machine disturbs less")
    return parser.parse_args()


def chosen_names(text: str, known: list[str], what: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            fail(f"unknown {what} '{name}' (there are: {', '.join(known)})")
    return names


def cores() -> tuple[int | None, int | None]:
    """The mock's core and the client's; none where only one can be used."""
    usable = sorted(os.sched_getaffinity(0))
    return (usable[0], usable[1]) if len(usable) > 1 else (None, None)


def measure(machine: Machine, clients, workloads, rounds: int) -> tuple[list[dict], list[dict]]:
    """All rounds; returns the runs that count and the failures."""
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


def main() -> int:
    arguments = parse_arguments()
    workloads = QUICK if arguments.quick else FULL
    keys = chosen_names(arguments.workloads, [workload.key for workload in workloads], "workload")
    workloads = [workload for workload in workloads if not keys or workload.key in keys]
    names = chosen_names(arguments.clients, [client.name for client in CLIENTS], "client")
    rounds = arguments.rounds or (ROUNDS_QUICK if arguments.quick else ROUNDS_FULL)
    if rounds < 1:
        fail("--rounds must be 1 or more")
    bin_dir = (arguments.bin_dir or build(arguments.build_dir)).resolve()
    clients, skipped = choose_clients(bin_dir, names)
    for name, why in skipped.items():
        say(f"skipping {name}: {why}")
    mock_core, client_core = cores()
    machine = Machine(bin_dir, mock_core, client_core, arguments.realtime)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    runs, failures = measure(machine, clients, workloads, rounds)

    pinning = "Mock and client are pinned to a core each" if mock_core is not None else "Nothing is pinned (one core)"
    facts = {
        "started": started, "rounds": rounds, "quick": arguments.quick, "environment": environment(),
        "pinning": pinning + (", in the real-time class." if arguments.realtime else "."),
        "clients": [client.name for client in clients], "skipped": skipped, "failures": failures,
    }
    results = Results(runs)
    arguments.out.mkdir(parents=True, exist_ok=True)
    markdown = report.render(results, workloads, facts)
    (arguments.out / "stream.md").write_text(markdown, encoding="utf-8")
    (arguments.out / "stream.json").write_text(json.dumps(facts | {"runs": runs}, indent=1) + "\n", encoding="utf-8")
    subtitle = f"{facts['environment']['cpu']}; median and spread of {rounds} rounds; {started}"
    (arguments.out / "stream.svg").write_text(plot.render(results, subtitle), encoding="utf-8")
    print(markdown)
    say(f"wrote stream.md, stream.json and stream.svg to {arguments.out}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
