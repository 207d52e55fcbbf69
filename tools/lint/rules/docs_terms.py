# SPDX-License-Identifier: Apache-2.0
"""docs-terms: docs/harness/ knows no workflow, and no block that is coupled to another noun."""

from lint.source import Finding

NAME = "docs-terms"
FOLDER = "docs/harness/"
# "content block" as a provider's wire term is fine.
TERMS = (
    (r"(?i)workflow", "say run, session or step"),
    (r"(?i)\bblocks?[\s_-]*(adapter|graph|runner|type)s?\b", "the harness knows no such thing"),
    (r"(?i)\b(adapter|graph|runner)[\s_-]+blocks?\b", "the harness knows no such thing"),
)


def check(repository):
    for source in repository:
        if not source.path.startswith(FOLDER):
            continue
        for pattern, instead in TERMS:
            for match, line in source.find(pattern, code=False):
                yield Finding(source.path, line, f"'{' '.join(match.group(0).split())}': {instead}")
