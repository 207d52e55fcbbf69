# SPDX-License-Identifier: Apache-2.0
"""The journal benchmark: appending, long runs, and the same conversation beside LangGraph's checkpointer.

Writes journal.md and journal.json (every run, raw). Exit 0 when all runs counted, 1 when some did not, 2 for a mistake
in the command or a failed build.
"""

import argparse
import json
import sqlite3
import sys
import time

from bench.journal import report
from bench.journal.journal_results import JournalResults
from bench.journal.processes import run_appends, run_conversation, run_length
from bench.journal.workloads import (FULL_APPENDS, FULL_CONVERSATIONS, FULL_LENGTHS, LONGEST, QUICK_APPENDS,
                                     QUICK_CONVERSATIONS, QUICK_LENGTHS, READERS, STORES, TALKERS)
from bench.rig.machine import Machine
from bench.rig.options import common_options, rounds_of
from bench.rig.preparation import build, choose_clients, chosen_names, environment, pinned_python_peers, say
from bench.rig.rounds import measure

ROUNDS_FULL = 5
PARTS = ("appends", "lengths", "conversations")


def parse_arguments() -> argparse.Namespace:
    parser = common_options("journal", __doc__.splitlines()[0], ROUNDS_FULL)
    parser.add_argument("--long", action="store_true", help="a run of 1,000,000 events, too, in one round")
    parser.add_argument("--parts", default="", help="names with commas: " + ",".join(PARTS))
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    chosen = chosen_names(arguments.parts, list(PARTS), "part") or list(PARTS)
    rounds = rounds_of(arguments, ROUNDS_FULL)
    appends, lengths, conversations = ((QUICK_APPENDS, QUICK_LENGTHS, QUICK_CONVERSATIONS) if arguments.quick else
                                       (FULL_APPENDS, FULL_LENGTHS, FULL_CONVERSATIONS))
    parts = {"appends": appends if "appends" in chosen else (), "lengths": lengths if "lengths" in chosen else (),
             "conversations": conversations if "conversations" in chosen else ()}
    bin_dir = (arguments.bin_dir or build(arguments.build_dir, "bench_journal")).resolve()
    talkers, skipped = choose_clients(TALKERS, bin_dir, []) if parts["conversations"] else ([], {})
    for name, why in skipped.items():
        say(f"skipping {name}: {why}")
    machine = Machine(bin_dir, None, None, arguments.realtime)
    started = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())

    runs, failures = [], []
    work = [([client for client in STORES if workload.takes(client)], (workload,), run_appends, rounds)
            for workload in parts["appends"]]
    work += [(READERS, parts["lengths"], run_length, rounds), (talkers, parts["conversations"], run_conversation, rounds)]
    if arguments.long and "lengths" in chosen:
        work.append((READERS, (LONGEST,), run_length, 1))
        parts["lengths"] += (LONGEST,)
    for clients, workloads, run_client, count in work:
        if clients and workloads:
            more_runs, more_failures = measure(machine, clients, workloads, count, run_client)
            runs += more_runs
            failures += more_failures

    facts = {"started": started, "rounds": rounds, "quick": arguments.quick, "environment": environment(),
             "sqlite": sqlite3.sqlite_version, "python_peers": ", ".join(pinned_python_peers()), "skipped": skipped,
             "failures": failures}
    arguments.out.mkdir(parents=True, exist_ok=True)
    markdown = report.render(JournalResults(runs), parts, facts)
    (arguments.out / "journal.md").write_text(markdown, encoding="utf-8")
    (arguments.out / "journal.json").write_text(json.dumps(facts | {"runs": runs}, indent=1) + "\n", encoding="utf-8")
    print(markdown)
    say(f"wrote journal.md and journal.json to {arguments.out}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
