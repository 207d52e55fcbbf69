# SPDX-License-Identifier: Apache-2.0
"""Plants the bugs of tests/planted/bugs.json one at a time in a copy of the tree, builds what should notice, and runs it:
a bug that nothing notices is a failure. `python3 -m dev.planted_bugs [NAME ...]`, from the project's root with
PYTHONPATH=tools; NAME is a part of a bug's name. Ends with "N passed, N failed, N skipped"."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path.cwd()
COPY = ROOT / "build/planted/tree"
BUILD = COPY / "build/release"
LIST = ROOT / "tests/planted/bugs.json"
BUILD_SECONDS_MAX = 1_500
RUN_SECONDS_MAX = 300


def copy_tree():
    """What git knows, as it is now; files keep their times where they have not changed, so that little is built anew."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        source, target = ROOT / name, COPY / name
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        shutil.copymode(source, target)


def run(command, seconds_max):
    """The exit status and the end of the output; a command that does not end is status 124."""
    try:
        done = subprocess.run(command, cwd=COPY, capture_output=True, text=True, errors="replace", timeout=seconds_max)
    except subprocess.TimeoutExpired:
        return 124, "did not end in time"
    return done.returncode, (done.stdout + done.stderr)[-1_500:]


def build(target):
    return run(["cmake", "--build", str(BUILD), "--target", target], BUILD_SECONDS_MAX)


def problems_of(bugs):
    """What is wrong with the list itself."""
    for bug in bugs:
        count = (ROOT / bug["file"]).read_text().count(bug["old"])
        if count != 1:
            yield f"{bug['name']}: its place is found {count} times in {bug['file']}"


def judge(bug):
    """None where the bug was noticed, else what happened."""
    path = COPY / bug["file"]
    sound = path.read_text()
    try:
        path.write_text(sound.replace(bug["old"], bug["new"]))
        status, output = build(bug["target"])
        if status != 0:
            return f"the bug does not build:\n{output}"
        status, output = run([str(BUILD / bug["run"][0]), *bug["run"][1:]], RUN_SECONDS_MAX)
        return None if status != 0 else f"nothing noticed it ({' '.join(bug['run'])}):\n{output}"
    finally:
        path.write_text(sound)


def main(wanted):
    bugs = [bug for bug in json.loads(LIST.read_text()) if not wanted or any(part in bug["name"] for part in wanted)]
    problems = list(problems_of(bugs))
    if problems or not bugs:
        print("\n".join(problems) or f"no bug is called {' or '.join(wanted)}")
        return 2
    copy_tree()
    status, output = run(["cmake", "--preset", "release"], BUILD_SECONDS_MAX)
    for target in sorted({bug["target"] for bug in bugs}) if status == 0 else []:
        status, output = build(target) if status == 0 else (status, output)
    if status != 0:
        print(f"the sound tree does not build:\n{output}")
        return 2
    passed = failed = 0
    for bug in bugs:
        complaint = judge(bug)
        print(f"{'ok  ' if complaint is None else 'FAIL'}  {bug['name']} ({bug['promise']})", flush=True)
        if complaint:
            print(complaint)
        passed, failed = passed + (complaint is None), failed + (complaint is not None)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
