# SPDX-License-Identifier: Apache-2.0
"""What is measured: the clients, the loops and the targets, as data."""

from dataclasses import dataclass

from bench.rig.client import Client, Load
from bench.rig.summary import Target

OURS = "bench_tools_client_ours"
PEER = "openai"

CLIENTS = (
    Client("ours", "this library, pure tool, journal in memory", OURS, store="memory:", arguments=("--effect", "pure")),
    Client("ours-jsonl-pure", "this library, pure tool, journal in files, strict events synced", OURS, store="jsonl:",
           arguments=("--effect", "pure")),
    Client("ours-jsonl-idempotent", "the same with an idempotent tool: each call waits until its start is synced", OURS,
           store="jsonl:", arguments=("--effect", "idempotent")),
    Client(PEER, "npm openai, responses.stream() and a loop by hand", "tools/openai_client.mjs", node=True),
    Client("agents", "npm @openai/agents, run({stream: true}), tracing off", "tools/agents_client.mjs", node=True),
    Client("aisdk", "npm ai and @ai-sdk/openai, streamText()", "tools/aisdk_client.mjs", node=True),
    Client("langgraph", "npm @langchain/langgraph and @langchain/openai, createReactAgent(), no checkpointer",
           "tools/langgraph_client.mjs", node=True),
    Client("langgraph-memory", "the same with its checkpointer in memory, MemorySaver", "tools/langgraph_client.mjs",
           node=True, arguments=("--checkpointer", "memory")),
)


@dataclass(frozen=True)
class ToolLoop:
    """`steps` calls of the tool, so one model call more. A request of `Load` is a loop; all clients get the same."""

    key: str
    title: str
    steps: int
    load: Load


# Node compiles what runs often, and is done with that after some 200 loops: before, a loop costs up to five times more.
FULL = (
    ToolLoop("warm10", "A process that has run for a while", 10, Load(100, 300)),
    ToolLoop("first10", "The first ten loops of a process", 10, Load(10, 0)),
)
QUICK = (
    ToolLoop("warm10", "A process that has run for a while", 10, Load(5, 5)),
    ToolLoop("first10", "The first ten loops of a process", 10, Load(10, 0)),
)

TARGETS = (
    Target("CPU per ten-step loop, warm, journal in files, strict events synced, pure tool", "warm10",
           "ours-jsonl-pure", "cpu_ms_per_loop", PEER, 1 / 10, 1 / 20),
    Target("the same with an idempotent tool", "warm10", "ours-jsonl-idempotent", "cpu_ms_per_loop", PEER, 1 / 10,
           1 / 20),
    Target("the same as the first row, in the first ten loops", "first10", "ours-jsonl-pure", "cpu_ms_per_loop", PEER,
           1 / 10, 1 / 20),
    Target("the same with an idempotent tool, in the first ten loops", "first10", "ours-jsonl-idempotent",
           "cpu_ms_per_loop", PEER, 1 / 10, 1 / 20),
)
