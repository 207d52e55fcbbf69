# SPDX-License-Identifier: Apache-2.0
"""`./dev test`: builds what the chosen suites need, runs them one by one, and adds up."""

import argparse
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from dev import suite_counts, suite_process, suite_table

OUTPUT_LINES_MAX = 60
NAMES_MAX = 20
CONTEXT_LINES = 5
END_LINES = 15


class Session:
    """One invocation: the chosen suites, the presets that did not build, and the sums."""

    def __init__(self, root, suites, patience=1.0):
        self.root = Path(root)
        self.patience = patience
        self.suites = suites
        self.logs = self.root / "build/test-logs"
        self.stale = {}
        self.passed = self.failed = self.skipped = 0

    def run(self):
        for suite in self.suites:
            started = time.monotonic()
            log = self.logs / f"{suite.name}.log"
            result = self.run_suite(suite, log)
            self.report(suite, result, log, time.monotonic() - started)
            self.passed += result.passed
            self.failed += result.failed
            self.skipped += result.skipped
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.failed or not self.passed else 0

    def run_suite(self, suite, log):
        if suite.counts == "build":
            return self.run_build(suite, log)
        missing = [target for target in suite.targets if target in self.stale.get(suite.preset, ())]
        if missing:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text("")
            return suite_counts.Result().fail(f"not built: {', '.join(missing)}")
        command = list(suite.command)
        report = self.logs / f"{suite.name}.json"
        if suite.counts == "gtest":
            report.unlink(missing_ok=True)
            command.append(f"--gtest_output=json:{report}")
        status = self.run_command(suite, command, log)
        output = log.read_text(encoding="utf-8", errors="replace")
        if suite.counts == "gtest":
            return suite_counts.count_gtest(report.read_text() if report.exists() else None, status)
        if suite.counts == "unittest":
            return suite_counts.count_unittest(output, status)
        if suite.counts == "line":
            return suite_counts.count_line(output, status)
        return suite_counts.count_exit(status)

    def run_build(self, suite, log):
        """Builds all targets of a preset, going on after errors; notes which targets are not up to date."""
        targets = suite_table.targets_of(self.suites, suite.preset)
        self.stale[suite.preset] = set(targets)
        started = time.monotonic()
        status = self.run_command(suite, ["cmake", "--preset", suite.preset], log)
        if status != 0:
            return suite_counts.count_exit(status)
        folder = f"build/{suite.preset}"
        unknown = [target for target in targets if not self.ninja(folder, "-t", "query", target)]
        known = [target for target in targets if target not in unknown]
        build = ["cmake", "--build", folder, "--target", *known, "--", "-k", "0"]
        left_s = self.budget_s(suite) - (time.monotonic() - started)
        status = self.run_command(suite, build, log, left_s) if known else 0
        self.stale[suite.preset] = set(unknown)
        if status != 0:
            # What did get built may run; whatever is out of date may not.
            self.stale[suite.preset] |= {target for target in known if not self.up_to_date(folder, target)}
        if unknown:
            return suite_counts.Result().fail(f"the build knows no {', '.join(unknown)}")
        return suite_counts.count_exit(status)

    def ninja(self, folder, *arguments):
        """The output of ninja, or an empty string where it fails."""
        answer = subprocess.run(
            ["ninja", "-C", folder, *arguments], cwd=self.root, capture_output=True, text=True, check=False
        )
        return answer.stdout if answer.returncode == 0 else ""

    def up_to_date(self, folder, target):
        return "no work to do" in self.ninja(folder, "-n", target)

    def budget_s(self, suite):
        return suite.minutes * 60 * self.patience

    def run_command(self, suite, command, log, deadline_s=None):
        progress = suite_process.Progress(suite.name, log)
        deadline_s = self.budget_s(suite) if deadline_s is None else deadline_s
        status = suite_process.run_logged(command, self.root, log, deadline_s, progress)
        progress.close()
        return status

    def report(self, suite, result, log, elapsed_s):
        verdict = "FAIL" if result.failed else "ok"
        numbers = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
        print(f"{verdict:4}  {suite.name:22} {numbers}  {elapsed_s:.1f} s", flush=True)
        for name in result.skips[:NAMES_MAX]:
            print(f"      skipped: {name}")
        if not result.failed:
            return
        if result.why:
            print(f"      {suite.name}: {result.why} (budget {self.budget_s(suite) / 60:g} min)")
        for name in result.failures[:NAMES_MAX]:
            print(f"      failed: {name}")
        for line in telling_lines(log.read_text(encoding="utf-8", errors="replace")):
            print(f"      | {line}")
        print(f"      the whole log: {log.relative_to(self.root)}", flush=True)


def telling_lines(output):
    """Of a failed suite's log: the lines around what looks like an error, else its end."""
    lines = output.splitlines()
    pattern = re.compile(r"error:|FAILED|Failure$|ERROR|SUMMARY|^E  |^FAIL|CMake Error")
    wanted = set()
    for index, line in enumerate(lines):
        if pattern.search(line):
            wanted.update(range(index, min(index + CONTEXT_LINES, len(lines))))
    chosen = [lines[index] for index in sorted(wanted)] or lines[-END_LINES:]
    return [line[:200] for line in chosen[:OUTPUT_LINES_MAX]]


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="./dev test", description=__doc__)
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument("--fast", action="store_const", dest="depth", const="fast", help="only the quick suites")
    depth.add_argument("--deep", action="store_const", dest="depth", const="deep", help="the long ones as well")
    parser.add_argument("--filter", metavar="RE", help="only suites whose name matches")
    parser.add_argument("--list", action="store_true", help="print the suites and end")
    parser.add_argument("--patience", type=float, default=1.0, metavar="N",
                        help="multiply each minute budget by N, for a machine that is busy with other things")
    parser.set_defaults(depth="standard")
    options = parser.parse_args(arguments)
    if options.filter is not None:
        try:
            re.compile(options.filter)
        except re.error as error:
            parser.error(f"--filter: '{options.filter}' is no regular expression: {error}")
    if not 0 < options.patience <= 100:
        parser.error(f"--patience takes a number above 0 and up to 100, not {options.patience:g}")
    return options


def main(arguments):
    options = parse_arguments(arguments)
    try:
        table = suite_table.read_table(".")
    except suite_table.TableError as error:
        print(f"error: tools/dev/suites.txt: {error}", file=sys.stderr)
        return 2
    suites = suite_table.choose(table, options.depth, options.filter)
    if not suites:
        print(f"error: no suite matches '{options.filter}'; ./dev test --list names them", file=sys.stderr)
        return 2
    if options.list:
        for suite in suites:
            print(f"{suite.name:22} {suite.when:9} {suite.minutes:3g} min  {' '.join(suite.command)}")
        return 0
    return Session(Path.cwd(), suites, options.patience).run()


if __name__ == "__main__":
    # Ended from outside, it still ends the suite that runs: sys.exit passes through the clean-up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
