# SPDX-License-Identifier: Apache-2.0
"""sleeps: a test waits for something that happens, never for time to pass."""

from lint.source import Finding

NAME = "sleeps"
CPP = r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\("
PYTHON = r"\btime\.sleep\s*\(|\bfrom time import .*\bsleep\b"


def check(repository):
    for source in repository:
        if not source.is_test or source.suffix not in (".cpp", ".hpp", ".py"):
            continue
        # A pattern of this file stands in a string of its own test.
        if source.path.startswith("tools/lint/"):
            continue
        for match, line in source.find(PYTHON if source.suffix == ".py" else CPP, code=source.is_cpp):
            yield Finding(source.path, line, f"'{match.group(0).rstrip('( ')}' in a test: wait for the event, or use a manual clock")
