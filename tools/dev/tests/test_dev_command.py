# SPDX-License-Identifier: Apache-2.0
"""./dev answers mistakes with one clear line and exit status 2, and its scripts agree with each other."""

import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[3]


def run(*command, **environment):
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=60,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )


class DevCommand(unittest.TestCase):
    def refuses(self, arguments, message):
        answer = run("./dev", *arguments)
        self.assertEqual(answer.returncode, 2, answer.stderr)
        self.assertIn(message, answer.stderr)
        self.assertEqual(answer.stdout, "")

    def test_mistakes(self):
        self.refuses(["bogus"], "unknown command 'bogus'")
        self.refuses(["fmt", "--all"], "allowed: --check")
        self.refuses(["fuzz", "--seconds", "soon"], "a whole number above 0, not 'soon'")
        self.refuses(["clean", "everything"], "allowed: --all")
        self.refuses(["test", "--filter", "("], "no regular expression")
        self.refuses(["test", "--filter", "no-such-suite"], "no suite matches")

    def test_what_comes_later_says_when(self):
        self.refuses(["up"], "0.3.0")

    def test_help_names_every_command(self):
        answer = run("./dev", "help")
        self.assertEqual(answer.returncode, 0)
        for command in ("run", "test", "build", "fmt", "lint", "sim", "fuzz", "bench", "package", "doctor", "clean", "up"):
            self.assertRegex(answer.stdout, rf"(?m)^  {command}\b")

    def test_it_works_from_any_folder(self):
        answer = subprocess.run([ROOT / "dev", "test", "--list"], cwd="/", capture_output=True, text=True, check=False)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("build-release", answer.stdout)


class Scripts(unittest.TestCase):
    def test_syntax(self):
        for script in [ROOT / "dev", ROOT / ".ci/run", *(ROOT / "tools/dev").glob("*.sh")]:
            answer = run("bash", "-n", str(script))
            self.assertEqual(answer.returncode, 0, f"{script}: {answer.stderr}")

    def test_package_groups(self):
        rows = [line.split("\t") for line in (ROOT / "tools/dev/packages.tsv").read_text().splitlines() if line[:1] != "#"]
        self.assertTrue(all(len(row) == 2 for row in rows), rows)
        groups = {group for group, _ in rows}
        for script in (ROOT / "tools/dev").glob("*.sh"):
            for names in re.findall(r"ensure_packages ((?:[a-z]+ ?)+)$", script.read_text(), re.MULTILINE):
                self.assertLessEqual(set(names.split()), groups, script.name)

    def test_presets_agree_with_cmake(self):
        listed = re.search(r"^presets='(.*)'$", (ROOT / "tools/dev/configure.sh").read_text(), re.MULTILINE).group(1)
        answer = run("cmake", "--list-presets")
        self.assertEqual(sorted(listed.split()), sorted(re.findall(r'^  "(\w+)"', answer.stdout, re.MULTILINE)))


class Progress(unittest.TestCase):
    def shell(self, script):
        return run("bash", "-c", f"set -euo pipefail; . tools/dev/terminal.sh; {script}")

    def test_success_is_brief(self):
        answer = self.shell("with_progress 'unit test step' echo hidden")
        self.assertEqual((answer.returncode, answer.stdout), (0, ""))
        self.assertEqual(answer.stderr, "==> unit test step\n")

    def test_failure_shows_the_error_and_the_log(self):
        answer = self.shell("with_progress 'unit test step' bash -c 'echo noise; echo x.cpp:1: error: boom; exit 3'")
        self.assertEqual(answer.returncode, 3)
        self.assertIn("x.cpp:1: error: boom", answer.stderr)
        self.assertNotIn("noise", answer.stderr)
        self.assertIn(".dev/log/unit-test-step.log", answer.stderr)

    def test_no_colour_without_a_terminal(self):
        self.assertNotIn("\x1b", self.shell("heading a; warn b; fail c").stderr)

    def test_versions_compare_by_number(self):
        self.assertEqual(run("bash", "-c", ". tools/dev/toolchain.sh; at_least 1.81 1.9 && at_least 3.24.1 3.24").returncode, 0)
        self.assertNotEqual(run("bash", "-c", ". tools/dev/toolchain.sh; at_least 1.74 1.81").returncode, 0)


if __name__ == "__main__":
    unittest.main()
