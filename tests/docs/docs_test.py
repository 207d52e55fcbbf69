# SPDX-License-Identifier: Apache-2.0
"""Every C++ block of the documents compiles, and runs where it is a whole program that needs no network; the shell
blocks of the quickstarts run, in order. Run from the project's root with a release build in place."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def blocks(path, language):
    """The blocks of one language in a document, in order."""
    return [text for found, text in BLOCK.findall(path.read_text()) if found == language]


def documents():
    """Every document that may hold code."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


class CppBlocks(unittest.TestCase):
    """Builds all C++ blocks in one CMake project against the build tree's exported targets."""

    def test_blocks_compile_and_run(self):
        programs = [(path, i, text) for path in documents() for i, text in enumerate(blocks(path, "cpp"))]
        self.assertGreaterEqual(len(programs), 3)
        with tempfile.TemporaryDirectory() as folder:
            self._build_and_run(pathlib.Path(folder), programs)

    def _build_and_run(self, folder, programs):
        prefix = folder / "prefix"
        run(["cmake", "--install", str(BUILD), "--prefix", str(prefix), "--component", "core"], ROOT)
        lines = ["cmake_minimum_required(VERSION 3.24)", "project(documents CXX)",
                 "find_package(orchestrator-ai-harness-core REQUIRED)"]
        for path, i, text in programs:
            name = f"{path.stem.replace('-', '_')}_{i}"
            (folder / f"{name}.cpp").write_text(text)
            lines += [f"add_executable({name} {name}.cpp)",
                      f"target_link_libraries({name} PRIVATE orchestrator-ai-harness-core)"]
        (folder / "CMakeLists.txt").write_text("\n".join(lines) + "\n")
        run(["cmake", "-G", "Ninja", "-S", ".", "-B", "out", f"-DCMAKE_PREFIX_PATH={prefix}",
             "-DCMAKE_CXX_COMPILER=clang++-19"], folder)
        run(["cmake", "--build", "out"], folder)
        environment = dict(os.environ, ORCHESTRATOR_STORE="memory:")
        for path, i, text in programs:
            if "scripted" not in text:
                continue
            program = folder / "out" / f"{path.stem.replace('-', '_')}_{i}"
            with self.subTest(document=path.name, block=i):
                done = subprocess.run([program], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                for expected in re.findall(r"<< \"\\n\";  // (.+)$", text, re.M):
                    self.assertIn(expected.strip(), done.stdout)


class Quickstarts(unittest.TestCase):
    """Runs each quickstart's shell blocks as one script, with a state folder of its own. Building and the local model
    are the business of other suites: `./dev run` is left out here and has a suite of its own."""

    def test_each_runs(self):
        for path in sorted((ROOT / "docs" / "quickstarts").glob("*.md")):
            with self.subTest(document=path.name), tempfile.TemporaryDirectory() as state:
                script = "set -euo pipefail\n" + "".join(blocks(path, "sh"))
                script = re.sub(r"^\./dev run .*$", self._first_run(), script, flags=re.M)
                environment = dict(os.environ, XDG_STATE_HOME=state, XDG_RUNTIME_DIR=state, NO_COLOR="1")
                environment.pop("ORCHESTRATOR_STORE", None)
                done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True,
                                      timeout=300)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @staticmethod
    def _first_run():
        return "build/release/bin/orchestrator run --model scripted/examples/scripts/hello.json 'Say hello.'"


def run(command, folder):
    """Runs a command; its output is the message when it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}")


if __name__ == "__main__":
    unittest.main()
