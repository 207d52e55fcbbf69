# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown. Every cell is median [lowest-highest] over the rounds."""

from bench.rig.summary import Results
from bench.rig.table import cell, clients_section, table, targets_section
from bench.stream.workloads import CLIENTS, FLOOR, PEER, TARGETS, Workload

STREAM_COUNTS = (1, 64, 512, 1000)


def streams(count: int, deltas: int) -> str:
    return f"{count:,} stream{'s' if count > 1 else ''} of {deltas:,} deltas"


def present(results: Results, workload: str) -> list[str]:
    there = results.clients(workload)
    return [client.name for client in CLIENTS if client.name in there]


def ratio_section(results: Results, kind: str, title: str, note: str) -> str:
    """CPU per delta of every client as a multiple of the floor and of the peer."""
    counts = [count for count in STREAM_COUNTS if results.clients(f"{kind}{count}")]
    if not counts:
        return ""
    text = f"## {title}\n\n{note}\n\n"
    for against in (FLOOR, PEER):
        rows = []
        for name in [client.name for client in CLIENTS]:
            cells = [cell(results.paired(f"{kind}{count}", name, "cpu_us", against)) for count in counts]
            if name != against and any(text_ != "–" for text_ in cells):
                rows.append([name, *cells])
        if rows:
            text += f"CPU per delta as a multiple of `{against}`, by number of streams:\n\n"
            text += table(["client", *[f"{count:,}" for count in counts]], rows) + "\n"
    return text


def detail_section(results: Results, workload: Workload, columns: list[tuple[str, str]], title: str) -> str:
    names = present(results, workload.key)
    if not names:
        return ""
    rows = []
    for name in names:
        rows.append([name] + [cell(results.spread(workload.key, name, metric)) for metric, _ in columns])
    return f"### {title}\n\n" + table(["client", *[label for _, label in columns]], rows) + "\n"


BLAST = [("cpu_us", "CPU µs/delta"), ("deltas_per_s", "deltas/s"), ("rss_mib", "peak memory MiB"),
         ("deltas_per_piece", "deltas per event"), ("other_load", "other load")]
PACED = [("cpu_us", "CPU µs/delta"), ("deltas_per_s", "deltas/s"), ("wall_of_ideal", "wall / ideal"),
         ("p50_us", "latency p50 µs"), ("p99_us", "latency p99 µs"), ("ttft_p50_ms", "first token p50 ms"),
         ("rss_mib", "peak memory MiB"), ("other_load", "other load")]
ABORT = [("socket_p50_ms", "socket closed p50 ms"), ("socket_max_ms", "socket closed worst ms"),
         ("aborted_p50_ms", "end seen by user code p50 ms"), ("aborted_max_ms", "end seen worst ms"),
         ("other_load", "other load")]
COLD = [("cold_ms", "exec to first token ms"), ("cold_cpu_ms", "CPU ms of the process"),
        ("rss_mib", "peak memory MiB"), ("other_load", "other load")]


def memory_section(results: Results) -> str:
    counts = [count for count in STREAM_COUNTS if results.clients(f"paced{count}")]
    rows = []
    for client in CLIENTS:
        cells = [cell(results.spread(f"paced{count}", client.name, "rss_mib")) for count in counts]
        if any(text != "–" for text in cells):
            rows.append([client.name, *cells, cell(results.spread("memory", client.name, "kib_per_stream"))])
    if not rows:
        return ""
    head = ["client", *[f"{count:,} at once" for count in counts], "KiB per extra stream"]
    return "## Peak memory, paced, MiB\n\n" + table(head, rows) + "\n"


def ttft_section(results: Results) -> str:
    rows = []
    for name in present(results, "ttft1"):
        rows.append([name, cell(results.spread("ttft1", name, "added_p50_ms")),
                     cell(results.spread("ttft1", name, "added_p99_ms")),
                     cell(results.spread("ttft1", name, "ttft_p50_ms")),
                     cell(results.spread("ttft1", name, "cpu_ms_per_request")),
                     cell(results.spread("ttft1", name, "other_load"))])
    if not rows:
        return ""
    head = ["client", "added p50 ms", "added p99 ms", "first token p50 ms", "CPU ms/request", "other load"]
    return f"## Time to first token, added to `{FLOOR}`, one stream\n\n" + table(head, rows) + "\n"


def render(results: Results, workloads: list[Workload], facts: dict) -> str:
    """The whole report."""
    machine = facts["environment"]
    peers = ", ".join(f"{name} {version}" for name, version in machine["peers"].items())
    text = f"""# Stream benchmark

orchestrator {machine['version']} ({machine['commit']}), {facts['started']}, {facts['rounds']} rounds.
{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux {machine['kernel']};
{machine['compiler']}; {machine['curl']}; Node {machine['node']}; {peers}.

Every cell is **median [lowest–highest]** over the rounds; each repetition is a fresh process. In a round all clients
run one after the other on the same workload, in reverse order every second round, and ratios pair runs of one round.
{facts['pinning']} All traffic is on 127.0.0.1. A run counts only if every delta sent reached user code.
**Read ratios, not absolute times**: `other load` is how many cores were busy with something else.

"""
    rows = [[client.name, client.note] for client in CLIENTS if client.name in facts["clients"]]
    text += clients_section(facts, rows, "few requests")
    text += "\n" + targets_section(results, TARGETS) + "\n![plot](stream.svg)\n\n"
    text += ratio_section(results, "blast", "Blast: the whole answer at once",
                          "What the parser and the library cost when the network costs nothing.")
    for workload in workloads:
        if workload.kind == "blast":
            text += detail_section(results, workload, BLAST, streams(workload.concurrency, workload.deltas))
    text += ratio_section(results, "paced", "Paced: the first delta after 50 ms, then one each 10 ms",
                          "Here the wake-up and the read are part of the cost. Latency is from right before the "
                          "mock's send() to user code.")
    for workload in workloads:
        if workload.kind == "paced":
            text += detail_section(results, workload, PACED, streams(workload.concurrency, workload.deltas))
    text += memory_section(results) + ttft_section(results)
    for workload in workloads:
        if workload.kind == "abort":
            title = "Abort in mid-stream: from the call to its effects"
            text += detail_section(results, workload, ABORT, title).replace("### ", "## ", 1)
        if workload.kind == "cold":
            title = f"Cold start: {workload.deltas} deltas at once"
            text += detail_section(results, workload, COLD, title).replace("### ", "## ", 1)
    return text.rstrip() + "\n"
