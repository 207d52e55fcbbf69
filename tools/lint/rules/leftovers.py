# SPDX-License-Identifier: Apache-2.0
"""leftovers: nothing unfinished, no merge marks, no path of somebody's machine."""

from lint.source import Finding

NAME = "leftovers"
PATTERNS = (
    (r"\b(TODO|FIXME|XXX|HACK)\b", "finish it, or file an issue and leave no mark"),
    (r"^(<{7} |>{7} |={7}$)", "a merge mark"),
    (r"(?<![\w.~-])/(work|farm)(?![\w-])", "a path of one machine"),
    (r"(?<![\w.~-])/(home|Users)/[a-z]\w+/", "a path of one machine"),
    (r"(?<![\w.~-])/tmp/(brief|build-)", "a path of one machine"),
)


def check(repository):
    for source in repository:
        # This rule and its test must spell what they look for.
        if source.path.startswith("tools/lint/") or source.name == "LICENSE":
            continue
        for pattern, why in PATTERNS:
            for match, line in source.find(pattern, code=False):
                if not source.allows(NAME, line):
                    yield Finding(source.path, line, f"'{match.group(0).strip()}': {why}")
