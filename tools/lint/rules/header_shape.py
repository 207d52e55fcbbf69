# SPDX-License-Identifier: Apache-2.0
"""header-shape: a header has #pragma once and then a comment on what it is, its threads and its owners."""

import re

from lint.layering import PUBLIC_FOLDER
from lint.source import Finding

NAME = "header-shape"
PUBLIC_LINES_MIN = 2
CHARACTERS_MIN = 40


def opening_comment(source):
    """The lines of the first comment that is not the licence, if it stands before any code."""
    comment = []
    for line in source.lines:
        text = line.strip()
        if not text or text == "#pragma once" or "SPDX-License-Identifier" in text:
            if comment:
                break
        elif text.startswith(("//", "/*", "*")):
            comment.append(text.strip("/* "))
        else:
            break
    return comment


def check(repository):
    for source in repository.cpp():
        if not source.is_header:
            continue
        if not re.search(r"^#pragma once$", source.text, re.MULTILINE):
            yield Finding(source.path, 2, "the header has no '#pragma once'")
        if re.search(r"^#ifndef \w+_HPP", source.text, re.MULTILINE):
            yield Finding(source.path, 2, "use '#pragma once', not an include guard")
        comment = opening_comment(source)
        if source.path.startswith(PUBLIC_FOLDER) and len(comment) < PUBLIC_LINES_MIN:
            yield Finding(source.path, 3, "a public header opens with 2 to 6 lines: what it is, thread-safety, ownership")
        elif len(" ".join(comment)) < CHARACTERS_MIN:
            yield Finding(source.path, 3, "there is no opening comment that says what the header is, its threads and its owners")
