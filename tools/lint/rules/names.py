# SPDX-License-Identifier: Apache-2.0
"""names: files and folders are named after one noun, in snake_case, never after a drawer."""

import re
from pathlib import PurePosixPath

from lint.source import Finding

NAME = "names"
DRAWERS = {"util", "utils", "helper", "helpers", "common", "manager", "misc", "stuff"}


def check(repository):
    seen = set()
    for source in repository:
        parts = PurePosixPath(source.path).parts
        for index, part in enumerate(parts):
            stem = part.split(".")[0] if index == len(parts) - 1 else part
            drawer = DRAWERS.intersection(re.split(r"[_\-]", stem.lower()))
            place = "/".join(parts[: index + 1])
            if drawer and place not in seen:
                seen.add(place)
                yield Finding(source.path, 1, f"'{place}' is named after a drawer ({drawer.pop()}); name the noun it holds")
        if source.is_cpp and not re.fullmatch(r"[a-z][a-z0-9_]*\.(cpp|hpp)", source.name):
            yield Finding(source.path, 1, "C++ files are named in snake_case")
