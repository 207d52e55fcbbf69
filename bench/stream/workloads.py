# SPDX-License-Identifier: Apache-2.0
"""What is measured: the workloads and the clients, as data."""

from dataclasses import dataclass

from bench.rig.client import Client, Load
from bench.rig.summary import Target

FLOOR = "curlsse"
PEER = "openai"

CLIENTS = (
    Client("ours", "this library, journal in memory", "bench_client_ours", store="memory:"),
    Client("ours-sqlite", "this library, journal in SQLite, strict events synced", "bench_client_ours",
           store="sqlite:"),
    Client("ours-jsonl", "this library, journal in files, strict events synced", "bench_client_ours",
           store="jsonl:"),
    Client(FLOOR, "the floor: libcurl, SSE split, simdjson, append", "bench_curlsse"),
    Client(PEER, "npm openai, responses.stream()", "stream/openai_client.mjs", node=True),
    Client("openai-create", "npm openai, responses.create({stream: true})", "stream/openai_create_client.mjs",
           node=True),
    Client("agents", "npm @openai/agents, run({stream: true}), tracing off", "stream/agents_client.mjs", node=True),
    Client("aisdk", "npm ai and @ai-sdk/openai, streamText()", "stream/aisdk_client.mjs", node=True),
)


@dataclass(frozen=True)
class Workload:
    key: str
    kind: str  # blast, paced, ttft, abort, cold
    concurrency: int
    deltas: int
    native: Load
    node: Load

    @property
    def mode(self) -> str:
        return {"ttft": "paced", "cold": "blast"}.get(self.kind, self.kind)

    def load(self, client: Client) -> Load:
        return self.node if client.node else self.native


# The native clients get more requests, so that their measured phase lasts long enough to be counted.
FULL = (
    Workload("blast1", "blast", 1, 2000, Load(500, 20), Load(20, 5)),
    Workload("blast64", "blast", 64, 1000, Load(1280, 64), Load(128, 64)),
    Workload("blast512", "blast", 512, 200, Load(4096, 512), Load(1024, 64)),
    Workload("blast1000", "blast", 1000, 100, Load(8000, 1000), Load(1000, 64)),
    Workload("paced1", "paced", 1, 100, Load(3, 1), Load(3, 1)),
    Workload("paced64", "paced", 64, 100, Load(192, 64), Load(192, 64)),
    Workload("paced512", "paced", 512, 100, Load(512, 64), Load(512, 64)),
    Workload("paced1000", "paced", 1000, 100, Load(1000, 64), Load(1000, 64)),
    Workload("ttft1", "ttft", 1, 10, Load(20, 5), Load(20, 5)),
    Workload("abort1", "abort", 1, 200, Load(20, 5), Load(20, 5)),
    Workload("cold", "cold", 1, 20, Load(1, 0), Load(1, 0)),
)

QUICK = (
    Workload("blast1", "blast", 1, 2000, Load(100, 5), Load(5, 2)),
    Workload("blast64", "blast", 64, 500, Load(512, 64), Load(64, 16)),
    Workload("paced1", "paced", 1, 50, Load(1, 1), Load(1, 1)),
    Workload("paced64", "paced", 64, 50, Load(64, 64), Load(64, 64)),
    Workload("ttft1", "ttft", 1, 5, Load(5, 2), Load(5, 2)),
    Workload("abort1", "abort", 1, 200, Load(5, 2), Load(5, 2)),
    Workload("cold", "cold", 1, 20, Load(1, 0), Load(1, 0)),
)


TARGETS = (
    Target("CPU per delta, blast, 64 streams, journal in memory", "blast64", "ours", "cpu_us", FLOOR, 4, 2),
    Target("the same", "blast64", "ours", "cpu_us", PEER, 1 / 15),
    Target("the same with the journal in SQLite", "blast64", "ours-sqlite", "cpu_us", PEER, 1 / 8, 1 / 15),
    Target("CPU per delta, paced, 64 streams, journal in SQLite", "paced64", "ours-sqlite", "cpu_us", FLOOR, 2, 1.5),
    Target("the same", "paced64", "ours-sqlite", "cpu_us", PEER, 1 / 4),
    Target("1,000 paced streams, journal in SQLite: wall over the ideal 1.04 s", "paced1000", "ours-sqlite",
           "wall_of_ideal", None, 1.1, unit="×"),
    Target("1,000 paced streams, journal in SQLite: p99 delta latency", "paced1000", "ours-sqlite", "p99_ms", None, 50,
           20, unit="ms"),
    Target(f"time to first token, added to {FLOOR}, p50", "ttft1", "ours", "added_p50_ms", None, 0.5, 0.2, unit="ms"),
    Target("the same", "ttft1", "ours", "added_p50_ms", PEER, 1 / 6),
    Target("memory per extra stream, 1 to 1,000", "memory", "ours", "kib_per_stream", None, 64, 32, unit="KiB"),
    Target("cold start to first token", "cold", "ours", "cold_ms", PEER, 1 / 10, 1 / 15),
    Target("abort call to closed socket, worst", "abort1", "ours", "socket_max_ms", None, 100, unit="ms"),
    Target("abort call to Aborted, worst", "abort1", "ours", "aborted_max_ms", None, 100, unit="ms"),
)
