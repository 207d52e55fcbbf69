# SPDX-License-Identifier: Apache-2.0
"""The stream benchmark: our client, the floor and the peers on the same streams, interleaved in one run.

Writes stream.md, stream.json (every run, raw) and stream.svg. Exit 0 when all runs counted, 1 when some
did not, 2 for a mistake in the command or a failed build.
"""

import argparse
import json
import sys
import time

from bench.rig.machine import Machine, cores
from bench.rig.options import common_options, rounds_of
from bench.rig.preparation import build, choose_clients, chosen_names, environment, fail, say
from bench.rig.rounds import measure
from bench.stream import plot, report
from bench.stream.processes import run_client
from bench.stream.stream_results import StreamResults
from bench.stream.workloads import CLIENTS, FLOOR, FULL, QUICK

ROUNDS_FULL = 5


def parse_arguments() -> argparse.Namespace:
    parser = common_options("stream", __doc__.splitlines()[0], ROUNDS_FULL)
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
    bin_dir = (arguments.bin_dir or build(arguments.build_dir, "bench_stream")).resolve()
    clients, skipped = choose_clients(CLIENTS, bin_dir, names)
    for name, why in skipped.items():
        say(f"skipping {name}: {why}")
    if FLOOR not in [client.name for client in clients]:
        fail(f"the floor '{FLOOR}' has to be among the clients")
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
    results = StreamResults(runs)
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
