# SPDX-License-Identifier: Apache-2.0
"""From what a suite left behind to numbers. A suite that ran nothing, or died, counts as a failure."""

import json
import re
from dataclasses import dataclass, field


@dataclass
class Result:
    """Numbers of one suite, with the names of what failed or was skipped and one line on why."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list = field(default_factory=list)
    skips: list = field(default_factory=list)
    why: str = ""

    def fail(self, why):
        self.failed += 1
        self.why = self.why or why
        return self


def describe_exit(status):
    if status is None:
        return "it exceeded its budget and was ended"
    return f"it was ended by signal {-status}" if status < 0 else f"it ended with exit status {status}"


def count_gtest(report_text, status):
    """`report_text` is the JSON that GoogleTest wrote, or None where it wrote none."""
    result = Result()
    if not report_text:
        return result.fail(f"no test report: {describe_exit(status)}")
    try:
        report = json.loads(report_text)
    except ValueError as error:
        return result.fail(f"unreadable test report: {error}")
    for group in report.get("testsuites", []):
        for test in group.get("testsuite", []):
            name = f"{group.get('name')}.{test.get('name')}"
            if test.get("failures"):
                result.failed += 1
                result.failures.append(name)
            elif test.get("result") == "SKIPPED":
                result.skipped += 1
                result.skips.append(name)
            elif test.get("status") == "RUN":
                result.passed += 1
    return settle(result, status)


def count_unittest(output, status):
    result = Result()
    ran = re.findall(r"^Ran (\d+) tests? in", output, re.MULTILINE)
    if not ran:
        return result.fail(f"no test ran: {describe_exit(status)}")
    closing = output.splitlines()[-1] if output.strip() else ""
    numbers = {key: int(value) for key, value in re.findall(r"(failures|errors|skipped)=(\d+)", closing)}
    result.failed = numbers.get("failures", 0) + numbers.get("errors", 0)
    result.skipped = numbers.get("skipped", 0)
    result.passed = max(0, int(ran[-1]) - result.failed - result.skipped)
    result.failures = re.findall(r"^(?:FAIL|ERROR): (\S+ \S+)", output, re.MULTILINE)
    return settle(result, status)


def count_line(output, status):
    found = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", output, re.MULTILINE)
    if not found:
        return Result().fail(f"no closing 'N passed, N failed, N skipped': {describe_exit(status)}")
    passed, failed, skipped = (int(number or 0) for number in found[-1])
    return settle(Result(passed, failed, skipped), status)


def count_exit(status):
    return Result(passed=1) if status == 0 else Result().fail(describe_exit(status))


def settle(result, status):
    """A bad exit status without a failed test, and a run without any test, are failures too."""
    if status != 0 and result.failed == 0:
        result.fail(describe_exit(status))
    if result.passed + result.failed + result.skipped == 0:
        result.fail("it holds no test")
    return result
