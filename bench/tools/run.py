# SPDX-License-Identifier: Apache-2.0
"""The tool loop benchmark: our client and the peers on the same ten steps, interleaved in one run.

Writes tools.md and tools.json (every run, raw). Exit 0 when all runs counted, 1 when some
did not, 2 for a mistake in the command or a failed build.
"""

import argparse
import json
import sys
import time

from bench.rig.machine import Machine, cores
from bench.rig.options import common_options, rounds_of
from bench.rig.preparation import build, choose_clients, chosen_names, environment, say
from bench.rig.rounds import measure
from bench.rig.summary import Results
from bench.tools import report
from bench.tools.processes import run_client
from bench.tools.workloads import CLIENTS, FULL, QUICK

ROUNDS_FULL = 5


def parse_arguments() -> argparse.Namespace:
    parser = common_options("tools", __doc__.splitlines()[0], ROUNDS_FULL)
    parser.add_argument("--clients", default="", help="names with commas: " + ",".join(c.name for c in CLIENTS))
    parser.add_argument("--workloads", default="", help="names with commas: " + ",".join(w.key for w in FULL))
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    workloads = QUICK if arguments.quick else FULL
    keys = chosen_names(arguments.workloads, [workload.key for workload in workloads], "workload")
    workloads = [workload for workload in workloads if not keys or workload.key in keys]
    names = chosen_names(arguments.clients, [client.name for client in CLIENTS], "client")
    rounds = rounds_of(arguments, ROUNDS_FULL)
    bin_dir = (arguments.bin_dir or build(arguments.build_dir, "bench_tools")).resolve()
    clients, skipped = choose_clients(CLIENTS, bin_dir, names)
    for name, why in skipped.items():
        say(f"skipping {name}: {why}")
    mock_core, client_core = cores()
    machine = Machine(bin_dir, mock_core, client_core, arguments.realtime)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    runs, failures = measure(machine, clients, workloads, rounds, run_client)

    pinning = "Mock and client are pinned to a core each" if mock_core is not None else "Nothing is pinned (one core)"
    facts = {
        "started": started, "rounds": rounds, "quick": arguments.quick, "environment": environment(),
        "pinning": pinning + (", in the real-time class." if arguments.realtime else "."),
        "clients": [client.name for client in clients], "skipped": skipped, "failures": failures,
    }
    results = Results(runs)
    arguments.out.mkdir(parents=True, exist_ok=True)
    markdown = report.render(results, workloads, facts)
    (arguments.out / "tools.md").write_text(markdown, encoding="utf-8")
    (arguments.out / "tools.json").write_text(json.dumps(facts | {"runs": runs}, indent=1) + "\n", encoding="utf-8")
    print(markdown)
    say(f"wrote tools.md and tools.json to {arguments.out}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
