# SPDX-License-Identifier: Apache-2.0
"""The results of the journal benchmark as Markdown. Every cell is median [lowest-highest] over the rounds."""

from bench.journal.workloads import PEER, RAW, RAW_GROUPS, READERS, STORES, TALKERS, TARGETS
from bench.rig.summary import Results
from bench.rig.table import cell, clients_section, table, targets_section

APPEND = [("events_per_s", "events/s"), ("cpu_us", "CPU µs/event"), ("bytes_per_event", "bytes/event in files"),
          ("soft_p50_ms", "committed p50 ms"), ("soft_p99_ms", "p99 ms"), ("strict_p50_ms", "synced p50 ms"),
          ("strict_p99_ms", "p99 ms"), ("grown_mib", "memory MiB"), ("other_load", "other load")]
LENGTH = [("head_ms", "head ms"), ("page_first_ms", "page at the start ms"), ("page_middle_ms", "middle ms"),
          ("page_last_ms", "end ms"), ("head_mib", "memory so far MiB"), ("verify_ms", "verify ms"),
          ("verified_per_s", "events/s"), ("recover_ms", "recover ms"), ("recovered_per_s", "events/s"),
          ("other_load", "other load")]
TALK = [("ms_per_unit", "ms each"), ("cpu_ms_per_unit", "CPU ms each"), ("file_kb", "file kB"),
        ("bytes_per_unit", "bytes each"), ("rss_mib", "peak memory MiB"), ("other_load", "other load")]


def rows_of(results: Results, workload: str, clients, columns) -> list[list[str]]:
    return [[client.name, *[cell(results.spread(workload, client.name, metric)) for metric, _ in columns]]
            for client in clients if client.name in results.clients(workload)]


def section(results: Results, workload: str, clients, columns, title: str, first: str) -> str:
    rows = rows_of(results, workload, clients, columns)
    if not rows:
        return ""
    return f"### {title}\n\n" + table([first, *[label for _, label in columns]], rows) + "\n"


def append_sections(results: Results, workloads) -> str:
    text = ("## Appending\n\nOne line is one event; a run hands over the next when the one before it is committed, and "
            "syncs every 100th. Latency is until readers may see it: soft events when committed, strict ones when "
            "synced. Memory is what the process grew by.\n\n")
    for workload in workloads:
        runs = f"{workload.runs:,} run{'s' if workload.runs > 1 else ''}"
        pace = f", each with a line every {workload.pace_us // 1000} ms" if workload.pace_us else ", as fast as they can"
        text += section(results, workload.key, STORES, APPEND, runs + pace, "store")
    rows = []
    for workload in workloads:
        if not workload.pace_us:
            rows.append([f"{workload.runs:,}", *[cell(results.paired(workload.key, "sqlite", "events_per_s", against))
                                                 for against in (RAW, RAW_GROUPS)]])
    return text + ("`sqlite:` in events/s against SQLite by hand, by number of runs:\n\n"
                   + table(["runs", f"against `{RAW}`", f"against `{RAW_GROUPS}`"], rows) + "\n")


def length_section(results: Results, workloads) -> str:
    rows = []
    for workload in workloads:
        for row in rows_of(results, workload.key, READERS, LENGTH):
            rows.append([f"{workload.events:,} ({workload.shape})", *row[1:]])
    if not rows:
        return ""
    return ("## Length of a run\n\nA new process opens a `sqlite:` store of packed runs. Verifying is checks, hashes, "
            "places and rules of every event; recovering is opening a run that was left and folding it to the state it "
            "goes on with.\n\n" + table(["events", *[label for _, label in LENGTH]], rows) + "\n")


def talk_sections(results: Results, workloads) -> str:
    text = ("## The same conversation\n\nThe same texts; the model answers at once. A step is a call of the model and of "
            "a tool. Bytes are of the files once the process has ended.\n\n")
    for workload in workloads:
        unit = "turns in one session" if workload.option == "--turns" else "tool calls in one answer"
        text += section(results, workload.key, TALKERS, TALK, f"{workload.units} {unit}", "client")
    rows = [[client.name, *[cell(results.spread("growth", client.name, name)) for name in
                            ("turns100_of_10", "steps80_of_40")]]
            for client in TALKERS if client.name in results.clients("growth")]
    if rows:
        text += table(["bytes", "100 turns against 10", "80 tool calls against 40"], rows) + "\n"
    ratios = [[key, *[cell(results.paired(key, "ours", metric, PEER)) for metric in
                      ("file_kb", "ms_per_unit", "cpu_ms_per_unit")]]
              for key in (workload.key for workload in workloads) if results.paired(key, "ours", "file_kb", PEER)]
    if ratios:
        text += table([f"ours against `{PEER}`", "bytes", "wall", "CPU"], ratios) + "\n"
    return text


def render(results: Results, parts: dict, facts: dict) -> str:
    """The whole report; `parts` are the workloads of each kind."""
    machine = facts["environment"]
    text = f"""# Journal benchmark

orchestrator {machine['version']} ({machine['commit']}), {facts['started']}, {facts['rounds']} rounds.
{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux {machine['kernel']};
{machine['compiler']}; SQLite {facts['sqlite']}; {facts['python_peers']}.

Every cell is **median [lowest–highest]** over the rounds; each repetition is a fresh process on a fresh folder. In a
round all clients run one after the other, in reverse order every second round, and ratios pair runs of one round.
Nothing is pinned: a store has threads of its own. **Read ratios, not absolute times**: `other load` is how many cores
were busy with something else.

"""
    names = dict.fromkeys((client.name, client.note) for client in (*STORES, *TALKERS))
    text += clients_section(facts, [list(name) for name in names], "little work")
    text += "\n" + targets_section(results, TARGETS) + "\n"
    if parts["appends"]:
        text += append_sections(results, parts["appends"])
    if parts["lengths"]:
        text += length_section(results, parts["lengths"])
    if parts["conversations"]:
        text += talk_sections(results, parts["conversations"])
    return text.rstrip() + "\n"
