# SPDX-License-Identifier: Apache-2.0
"""file-size: a source file has at most 600 lines, a test 900."""

from lint.source import Finding

NAME = "file-size"
SOURCE_LINES_MAX = 600
TEST_LINES_MAX = 900
SUFFIXES = (".cpp", ".hpp", ".py", ".sh", ".cmake", ".ts", ".tsx", ".js", ".mjs", ".txt")


def check(repository):
    for source in repository:
        if source.suffix not in SUFFIXES and source.name != "dev":
            continue
        lines_max = TEST_LINES_MAX if source.is_test else SOURCE_LINES_MAX
        if len(source.lines) > lines_max:
            yield Finding(source.path, lines_max + 1,
                          f"{len(source.lines)} lines; at most {lines_max} are allowed: split it by noun")
