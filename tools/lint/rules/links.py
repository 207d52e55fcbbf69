# SPDX-License-Identifier: Apache-2.0
"""links: a relative link in a Markdown file leads to a file that is there."""

import re
from pathlib import PurePosixPath
from posixpath import normpath

from lint.source import Finding

NAME = "links"
LINK = re.compile(r"!?\[[^\]\n]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")


def check(repository):
    folders = {str(parent) for source in repository for parent in PurePosixPath(source.path).parents}
    for source in repository:
        if source.suffix != ".md":
            continue
        fenced = False
        for number, line in enumerate(source.lines, start=1):
            fenced ^= line.lstrip().startswith("```")
            if fenced:
                continue
            for match in LINK.finditer(line):
                target = match.group("target").split("#")[0]
                if not target or re.match(r"[a-z]+:", target) or is_binary(target):
                    continue
                path = normpath(str(PurePosixPath(source.path).parent / target))
                if repository.get(path) is None and path not in folders:
                    yield Finding(source.path, number, f"the link '{target}' leads nowhere")


def is_binary(target):
    """Pictures are no text files, so the repository as the rules see it does not hold them."""
    return target.lower().endswith((".png", ".gif", ".jpg", ".webp", ".pdf"))
