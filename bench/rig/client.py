# SPDX-License-Identifier: Apache-2.0
"""One program to measure, and how much work it gets, as data."""

from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).resolve().parent.parent / "peers"
# The environment of the peers in Python, which the benchmark makes.
PYTHON = PEERS.parent.parent / "build" / "bench" / "python" / "bin" / "python"


@dataclass(frozen=True)
class Client:
    """One program to measure. `node`: run by Node, so slower by orders and given fewer requests."""

    name: str
    note: str
    program: str  # below the build's bin folder, or a script below peers/
    node: bool = False
    store: str | None = None  # journal of our own client: `memory:`, or `jsonl:` or `sqlite:` and a fresh folder
    arguments: tuple[str, ...] = ()  # before those of the workload
    python: bool = False

    def command(self, bin_dir: Path) -> list[str]:
        if self.node:
            program = ["node", str(PEERS / self.program)]
        elif self.python:
            program = [str(PYTHON), str(PEERS / self.program)]
        else:
            program = [str(bin_dir / self.program)]
        return program + list(self.arguments)


@dataclass(frozen=True)
class Load:
    """Requests of the measured phase and of the warm-up before it."""

    requests: int
    warmup: int
