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
)


@dataclass(frozen=True)
class ToolLoop:
    """`steps` calls of the tool, so one model call more. A request of `Load` is a whole loop."""

    key: str
    steps: int
    native: Load
    node: Load

    def load(self, client: Client) -> Load:
        return self.node if client.node else self.native


FULL = (ToolLoop("loop10", 10, Load(300, 30), Load(30, 10)),)
QUICK = (ToolLoop("loop10", 10, Load(30, 5), Load(5, 2)),)

TARGETS = (
    Target("CPU per ten-step loop, journal in files, strict events synced, pure tool", "loop10", "ours-jsonl-pure",
           "cpu_ms_per_loop", PEER, 1 / 10, 1 / 20),
    Target("the same with an idempotent tool", "loop10", "ours-jsonl-idempotent", "cpu_ms_per_loop", PEER, 1 / 10,
           1 / 20),
)
