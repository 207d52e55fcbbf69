# SPDX-License-Identifier: Apache-2.0
"""spdx: every source file starts with its licence, after a #! line where there is one."""

from lint.source import Finding

NAME = "spdx"
TAG = "SPDX-License-Identifier: Apache-2.0"
COMMENT_OF = {
    ".cpp": "//", ".hpp": "//", ".ts": "//", ".tsx": "//", ".js": "//", ".mjs": "//",
    ".py": "#", ".sh": "#", ".cmake": "#", ".toml": "#", ".yml": "#", ".yaml": "#",
}


def comment_of(source):
    if source.name in ("CMakeLists.txt", "dev") or source.path == ".ci/run":
        return "#"
    return COMMENT_OF.get(source.suffix)


def check(repository):
    for source in repository:
        comment = comment_of(source)
        if comment is None or not source.text.strip():
            continue
        first = 1 if source.lines[0].startswith("#!") else 0
        line = source.lines[first] if first < len(source.lines) else ""
        if line.strip() != f"{comment} {TAG}":
            yield Finding(source.path, first + 1, f"the file does not start with '{comment} {TAG}'")
