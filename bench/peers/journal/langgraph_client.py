# SPDX-License-Identifier: Apache-2.0
"""The same conversation as bench/journal/conversation.cpp on LangGraph with its SQLite checkpointer: plain answers on
one thread, or one answer after so many calls of a tool. The model is a function that answers at once.

  langgraph_client.py --store FILE (--turns N | --steps N) [--durability async|sync]
"""

import argparse
import json
import os
import resource
import sqlite3
import time
from pathlib import Path

os.environ["LANGSMITH_TRACING"] = "false"
os.environ["LANGCHAIN_TRACING_V2"] = "false"

from langchain_core.messages import AIMessage, ToolMessage  # noqa: E402
from langchain_core.tools import tool  # noqa: E402
from langgraph.checkpoint.sqlite import SqliteSaver  # noqa: E402
from langgraph.graph import END, START, MessagesState, StateGraph  # noqa: E402
from langgraph.prebuilt import ToolNode  # noqa: E402

QUESTION = "Read the next part of the report and tell what it says."
ANSWER = ("The part describes how the valves were measured: each was opened ten times at three pressures, the times were "
          "taken by two clocks, and what they disagreed on was measured again on the next day. Two of the forty valves "
          "opened late at the lowest pressure, and both had been mended before. The authors ask for a third series.")
TOOL_RESULT = "Part of forty: ten openings, three pressures, two clocks, one repetition."


@tool
def read_part(part: int) -> str:
    """Reads a part of the report."""
    return TOOL_RESULT


def graph_of(steps: int, saver: SqliteSaver):
    def model(state: MessagesState) -> dict:
        done = sum(isinstance(message, ToolMessage) for message in state["messages"])
        if done < steps:
            call = {"name": "read_part", "args": {"part": done + 1}, "id": f"call_{done + 1}"}
            return {"messages": [AIMessage(content="", tool_calls=[call])]}
        return {"messages": [AIMessage(content=ANSWER)]}

    graph = StateGraph(MessagesState)
    graph.add_node("model", model)
    graph.add_node("tools", ToolNode([read_part]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", lambda state: "tools" if state["messages"][-1].tool_calls else END)
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=saver)


def rss_mib() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", required=True)
    parser.add_argument("--turns", type=int, default=0)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--durability", default="async")
    options = parser.parse_args()
    turns = 1 if options.steps else options.turns
    connection = sqlite3.connect(options.store, check_same_thread=False)
    graph = graph_of(options.steps, SqliteSaver(connection))
    config = {"configurable": {"thread_id": "1"}, "recursion_limit": 2 * options.steps + 5}
    failed = 0
    cpu_before, start = cpu_s(), time.monotonic()
    for _ in range(turns):
        state = graph.invoke({"messages": [{"role": "user", "content": QUESTION}]}, config,
                             durability=options.durability)
        failed += state["messages"][-1].content != ANSWER
    wall_s, cpu = time.monotonic() - start, cpu_s() - cpu_before
    connection.close()
    print(json.dumps({"units": options.steps or turns, "failed": failed, "wall_s": wall_s, "cpu_s": cpu,
                      "rss_mib": rss_mib()}))


if __name__ == "__main__":
    main()
