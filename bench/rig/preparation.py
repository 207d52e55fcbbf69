# SPDX-License-Identifier: Apache-2.0
"""What has to be there before a round: the built programs, the peers' packages, facts of the machine."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bench.rig.client import PEERS, PYTHON, Client

ROOT = PEERS.parent.parent
NODE_MAJOR_MIN = 20
PIP_SECONDS_MAX = 600


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def fail(text: str) -> None:
    say(f"bench: {text}")
    raise SystemExit(2)


def chosen_names(text: str, known: list[str], what: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            fail(f"unknown {what} '{name}' (there are: {', '.join(known)})")
    return names


def build(build_dir: Path, target: str) -> Path:
    """Builds the programs of a benchmark in `build_dir`, which is configured first where need be; returns its bin folder."""
    configure = ["cmake", "-S", str(ROOT), "-B", str(build_dir), "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19",
                 "-DCMAKE_BUILD_TYPE=Release", "-DORCHESTRATOR_BENCH=ON"]
    compile_all = ["cmake", "--build", str(build_dir), "--target", target]
    say(f"building the benchmark's programs in {build_dir} ...")
    for command in (configure, compile_all):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            say((done.stdout + done.stderr)[-4000:])
            fail(f"this failed: {' '.join(command)}")
    return build_dir / "bin"


def node_major() -> int:
    """0 where there is no Node."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return 0
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", version)
    return int(found.group(1)) if found else 0


def install_peers() -> str | None:
    """Installs the pinned packages unless they are there; returns why the peers cannot run, or None."""
    if node_major() < NODE_MAJOR_MIN:
        return f"Node {NODE_MAJOR_MIN} or newer and npm are not installed"
    mark = PEERS / "node_modules" / ".package-lock.json"
    lock = PEERS / "package-lock.json"
    if mark.exists() and mark.stat().st_mtime >= max(lock.stat().st_mtime, (PEERS / "package.json").stat().st_mtime):
        return None
    say("installing the pinned packages of the peers (npm ci) ...")
    done = subprocess.run(["npm", "ci"], cwd=PEERS, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        say(done.stderr.strip())
        return npm_failure(done.stderr)
    mark.touch()
    return None


def npm_failure(stderr: str) -> str:
    """Why there are no peers, for the report: npm's code for it, without addresses and paths of this machine."""
    code = re.search(r"^npm (?:error|ERR!) code (\S+)", stderr, re.M)
    return f"npm ci failed in bench/peers ({code.group(1) if code else 'no code'})"


def pinned_python_peers() -> list[str]:
    """Name and version of each peer in Python: what the requirements name before the first empty line."""
    text = (PEERS / "requirements.txt").read_text(encoding="utf-8").split("\n\n")[0]
    return [line.replace("==", " ") for line in text.splitlines() if line and not line.startswith("#")]


def install_python_peers() -> str | None:
    """Makes an environment with the pinned packages unless it is there; returns why there is none, or None."""
    home, wanted = PYTHON.parent.parent, PEERS / "requirements.txt"
    mark = home / "requirements.installed"
    if mark.exists() and mark.read_bytes() == wanted.read_bytes():
        return None
    say("installing the pinned packages of the peers in Python (pip) ...")
    # Debian's Python has pip only within environments.
    for command in ([shutil.which("python3", path="/usr/bin") or sys.executable, "-m", "venv", "--clear", str(home)],
                    [str(PYTHON), "-m", "pip", "install", "--no-input", "--only-binary", ":all:",
                     "--disable-pip-version-check", "--progress-bar", "off", "-r", str(wanted)]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PIP_SECONDS_MAX)
        except (OSError, subprocess.TimeoutExpired) as error:
            say(str(error))
            return f"the pinned packages of bench/peers could not be installed ({type(error).__name__})"
        if done.returncode != 0:
            say((done.stdout + done.stderr).strip()[-2000:])
            return f"the pinned packages of bench/peers could not be installed (exit {done.returncode})"
    mark.write_bytes(wanted.read_bytes())
    return None


def choose_clients(clients: tuple[Client, ...], bin_dir: Path, wanted: list[str]) -> tuple[list[Client], dict[str, str]]:
    """The clients that can run, and for each that cannot, why."""
    skipped: dict[str, str] = {}
    candidates = [client for client in clients if not wanted or client.name in wanted]
    no_peers = install_peers() if any(client.node for client in candidates) else None
    no_python = install_python_peers() if any(client.python for client in candidates) else None
    chosen = []
    for client in candidates:
        if client.node and no_peers:
            skipped[client.name] = no_peers
        elif client.python and no_python:
            skipped[client.name] = no_python
        elif not client.node and not client.python and not (bin_dir / client.program).exists():
            skipped[client.name] = f"{client.program} was not built"
        else:
            chosen.append(client)
    return chosen, skipped


def first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return "unknown"
    return (done.stdout.strip().splitlines() or ["unknown"])[0]


def environment() -> dict:
    """Facts that a reader needs to judge the numbers; none that names the machine or its owner."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory.group(1)) / 2**20) if memory else None,
        "kernel": platform.release().split("-")[0],
        "compiler": first_line(["clang++-19", "--version"]),
        "curl": first_line(["curl", "--version"]).split(" (")[0],
        "node": first_line(["node", "--version"]),
        "peers": json.loads((PEERS / "package.json").read_text())["dependencies"],
        "version": (ROOT / "VERSION").read_text().strip() if (ROOT / "VERSION").exists() else "unknown",
        "commit": first_line(["git", "rev-parse", "--short", "HEAD"]),
    }
