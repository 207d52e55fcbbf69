# SPDX-License-Identifier: Apache-2.0
"""header-shape: a header has #pragma once and then a comment on what it is, its threads and its owners."""

import re

from lint.source import Finding

NAME = "header-shape"
COMMENT_LINES_MIN = 2


def opening_comment_lines(source):
    """Lines of the first comment that is not the licence, if it stands before any code."""
    count = 0
    for line in source.lines:
        text = line.strip()
        if not text or text == "#pragma once" or "SPDX-License-Identifier" in text:
            if count:
                break
        elif text.startswith(("//", "/*", "*")):
            count += 1
        else:
            break
    return count


def check(repository):
    for source in repository.cpp():
        if not source.is_header:
            continue
        if not re.search(r"^#pragma once$", source.text, re.MULTILINE):
            yield Finding(source.path, 2, "the header has no '#pragma once'")
        if re.search(r"^#ifndef \w+_HPP", source.text, re.MULTILINE):
            yield Finding(source.path, 2, "use '#pragma once', not an include guard")
        lines = opening_comment_lines(source)
        if lines < COMMENT_LINES_MIN:
            yield Finding(source.path, 3,
                          f"the opening comment has {lines} lines; say in 2 to 6 what it is, thread-safety, ownership")
