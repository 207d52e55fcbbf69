# SPDX-License-Identifier: Apache-2.0
"""What is measured: stores, lengths of runs, conversations, and the targets, as data."""

from dataclasses import dataclass

from bench.rig.client import Client
from bench.rig.summary import Target

RAW = "raw"
RAW_GROUPS = "raw-groups"
PEER = "langgraph"

APPENDS = "bench_journal_appends"
STORES = (
    Client(RAW, "SQLite by hand on one thread, a commit for each line", APPENDS, arguments=("--store", "raw")),
    Client(RAW_GROUPS, "the same, one commit for a line of every run", APPENDS, arguments=("--store", "raw-groups")),
    Client("jsonl", "`jsonl:`, a file for each run", APPENDS, arguments=("--store", "jsonl")),
    Client("sqlite", "`sqlite:`, the default", APPENDS, arguments=("--store", "sqlite")),
)
READERS = (Client("sqlite", "`sqlite:`", "bench_journal_lengths"),)
TALKERS = (
    Client("ours", "this library, `sqlite:`, strict events synced before they are shown", "bench_journal_conversation"),
    Client(PEER, "LangGraph with its SQLite checkpointer, as it is by default: a step does not wait for its checkpoint",
           "journal/langgraph_client.py", python=True),
    Client(f"{PEER}-sync", "the same, each step after the checkpoint of the one before it", "journal/langgraph_client.py",
           python=True, arguments=("--durability", "sync")),
)


@dataclass(frozen=True)
class Appends:
    """`lines` in all, divided among so many runs at once. With a pace, each run has one line in so many microseconds."""

    key: str
    runs: int
    lines: int
    pace_us: int = 0

    def takes(self, client: Client) -> bool:
        """SQLite by hand is not paced, and in groups of one it is the same twice."""
        return not client.name.startswith(RAW) or (self.pace_us == 0 and (client.name == RAW or self.runs > 1))


@dataclass(frozen=True)
class Length:
    key: str
    events: int
    shape: str = "turns"  # or deltas


@dataclass(frozen=True)
class Conversation:
    key: str
    option: str  # --turns or --steps
    units: int


PACE_US = 10_000
FULL_APPENDS = (
    Appends("append1", 1, 20_000), Appends("append64", 64, 64_000), Appends("append512", 512, 102_400),
    Appends("paced1", 1, 300, PACE_US), Appends("paced64", 64, 64 * 300, PACE_US),
    Appends("paced512", 512, 512 * 200, PACE_US),
)
QUICK_APPENDS = (
    Appends("append1", 1, 2_000), Appends("append64", 64, 12_800), Appends("append512", 512, 51_200),
    Appends("paced1", 1, 100, PACE_US), Appends("paced64", 64, 6_400, PACE_US),
    Appends("paced512", 512, 51_200, PACE_US),
)
# The simulator that makes the turns ends at 20,000 inputs.
FULL_LENGTHS = (Length("turns1k", 1_000), Length("turns5k", 5_000), Length("turns19k", 19_000),
                Length("events10k", 10_000, "deltas"), Length("events100k", 100_000, "deltas"))
QUICK_LENGTHS = (FULL_LENGTHS[0], FULL_LENGTHS[3])
LONGEST = Length("events1m", 1_000_000, "deltas")
FULL_CONVERSATIONS = (
    Conversation("turns10", "--turns", 10), Conversation("turns100", "--turns", 100),
    Conversation("steps40", "--steps", 40), Conversation("steps80", "--steps", 80),
)
QUICK_CONVERSATIONS = FULL_CONVERSATIONS

TARGETS = (
    Target("bytes, 80 tool calls against 40", "growth", "ours", "steps80_of_40", None, 2.2, 2.0),
    Target("bytes, 100 turns against 10", "growth", "ours", "turns100_of_10", None, 10.5, 10),
    Target("bytes after 80 tool calls", "steps80", "ours", "file_kb", PEER, 1 / 20, 1 / 50),
    Target("bytes after 100 turns", "turns100", "ours", "file_kb", PEER, 1 / 20, 1 / 50),
    Target("1,000,000 events: opening the store to the run's head", LONGEST.key, "sqlite", "head_ms", None, 1_000,
           unit="ms"),
    Target("1,000,000 events: memory of that and of five pages", LONGEST.key, "sqlite", "head_mib", None, 100,
           unit="MiB"),
    Target("1,000,000 events: the last page against the first", LONGEST.key, "sqlite", "page_last_of_first", None, 1.5),
    Target("64 runs of 100 lines/s: line committed, p99", "paced64", "sqlite", "soft_p99_ms", None, 20, 5, unit="ms"),
    Target("512 runs of 100 lines/s: line committed, p99", "paced512", "sqlite", "soft_p99_ms", None, 50, 20, unit="ms"),
    Target("512 runs of 100 lines/s: wall over the ideal", "paced512", "sqlite", "wall_of_ideal", None, 1.1),
)
