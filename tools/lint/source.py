# SPDX-License-Identifier: Apache-2.0
"""The files that the rules look at, and the little C++ they must understand."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

CPP_SUFFIXES = (".cpp", ".hpp")

# Comments, raw strings, strings and characters; a digit separator is no character literal.
_TOKENS = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)")
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<character>(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')""",
    re.DOTALL | re.VERBOSE,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:<(?P<angle>[^>]+)>|"(?P<quote>[^"]+)")', re.MULTILINE)
_ALLOW = re.compile(r"lint-allow:\s*(?P<rule>[a-z-]+)\s+\S+")


@dataclass(frozen=True)
class Finding:
    """One breach: where it is and, in one sentence, what is wrong and what to do instead."""

    path: str
    line: int
    message: str


def _blank(match):
    text = match.group(0)
    if match.lastgroup != "comment" and not text.startswith(("//", "/*")):
        quote = '"' if text.endswith('"') else "'"
        return quote + re.sub(r"[^\n]", " ", text[1:-1]) + quote
    return re.sub(r"[^\n]", " ", text)


class Source:
    """One text file. `path` is relative to the repository, with forward slashes."""

    def __init__(self, path, text):
        self.path = path
        self.text = text

    @property
    def name(self):
        return PurePosixPath(self.path).name

    @property
    def suffix(self):
        return PurePosixPath(self.path).suffix

    @property
    def is_cpp(self):
        return self.suffix in CPP_SUFFIXES

    @property
    def is_header(self):
        return self.suffix == ".hpp"

    @property
    def is_test(self):
        """Test code: a unit test, what only tests link, and whatever lies in a tests folder."""
        parts = PurePosixPath(self.path).parts
        return self.path.endswith("_test.cpp") or "testing" in parts or "tests" in parts

    @property
    def is_program(self):
        return self.path.endswith("_main.cpp") or self.name == "main.cpp"

    @cached_property
    def lines(self):
        return self.text.splitlines()

    @cached_property
    def code(self):
        """The text with comments and the inside of literals blanked; same length, same lines."""
        return _TOKENS.sub(_blank, self.text)

    @cached_property
    def includes(self):
        """Pairs of included name and line."""
        commentless = re.sub(r"//[^\n]*|/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), self.text, flags=re.DOTALL)
        return [(m.group("angle") or m.group("quote"), self.line_of(m.start("angle") if m.group("angle") else m.start("quote")))
                for m in _INCLUDE.finditer(commentless)]

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def allows(self, rule, line):
        """True where this line or the one above says `lint-allow: RULE REASON`."""
        for number in (line, line - 1):
            if 1 <= number <= len(self.lines):
                match = _ALLOW.search(self.lines[number - 1])
                if match and match.group("rule") == rule:
                    return True
        return False

    def find(self, pattern, code=True):
        """Matches of a pattern in the code (or the whole text), each with its line."""
        for match in re.finditer(pattern, self.code if code else self.text, re.MULTILINE):
            yield match, self.line_of(match.start())


class Repository:
    """All text files of one tree, by path."""

    def __init__(self, files):
        self.sources = {path: Source(path, text) for path, text in sorted(files.items())}

    @classmethod
    def read(cls, root):
        """What git tracks or would add. Binary files are left out."""
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, check=True,
        ).stdout.decode()
        files = {}
        for path in set(listing.split("\0")) - {""}:
            try:
                data = (Path(root) / path).read_bytes()
                if b"\0" not in data:
                    files[path] = data.decode("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
        return cls(files)

    def __iter__(self):
        return iter(self.sources.values())

    def get(self, path):
        return self.sources.get(path)

    def cpp(self):
        return [source for source in self if source.is_cpp]

    def resolve(self, source, name):
        """The repository's file that an include names, or None for a foreign one."""
        folder = str(PurePosixPath(source.path).parent)
        for base in ("core/include", "core/src", folder, "", "cli", "tests"):
            path = str(PurePosixPath(base) / name) if base else name
            if path in self.sources:
                return self.sources[path]
        return None
