# SPDX-License-Identifier: Apache-2.0
"""Makes the bundle of golden journals of a release, once, before it is tagged:

    python3 tests/golden/make_bundle.py

The simulator plays the seeds from 0 on with the kernel of this tree. Their journals go into
tests/golden/bundles/VERSION.jsonl.gz, and a line for each run, "SEED STEPS HEAD", into VERSION.heads beside it. A
bundle that is there is never made again: what a release wrote stays as it is."""
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIMULATOR = ROOT / "build/release/bin/orchestrator_sim"
SEEDS = 205
RUNS_MIN = 500
BYTES_MAX = 1_500_000
DEADLINE_S = 120


def runs_in(text):
    """The journals in a file of lines: each begins with its first step."""
    runs = []
    for line in text.splitlines():
        if line.startswith('{"step":1,'):
            runs.append([])
        if line:
            runs[-1].append(line)
    return runs


def main():
    version = (ROOT / "VERSION").read_text(encoding="utf-8").strip().replace(".", "_")
    bundle = ROOT / "tests/golden/bundles" / f"{version}.jsonl.gz"
    if bundle.exists():
        sys.exit(f"error: {bundle.relative_to(ROOT)} is there already, and a bundle never changes")
    text, heads = [], []
    with tempfile.TemporaryDirectory() as folder:
        command = [str(SIMULATOR), "--seeds", str(SEEDS), "--journals", folder]
        subprocess.run(command, check=True, timeout=DEADLINE_S, stdout=subprocess.DEVNULL)
        for seed in range(SEEDS):
            for lines in runs_in((pathlib.Path(folder) / f"{seed}.jsonl").read_text(encoding="utf-8")):
                text += lines
                heads.append(f"{seed} {len(lines)} {json.loads(lines[-1])['head']}\n")
    packed = gzip.compress(("\n".join(text) + "\n").encode(), compresslevel=9, mtime=0)
    if len(heads) < RUNS_MIN or len(packed) > BYTES_MAX:
        sys.exit(f"error: {len(heads)} runs in {len(packed)} bytes; {RUNS_MIN} in at most {BYTES_MAX} are wanted")
    bundle.parent.mkdir(exist_ok=True)
    bundle.write_bytes(packed)
    bundle.with_name(f"{version}.heads").write_text("".join(heads), encoding="utf-8")
    print(f"{bundle.relative_to(ROOT)}: {len(heads)} runs, {len(text)} steps, {len(packed)} bytes")


if __name__ == "__main__":
    main()
