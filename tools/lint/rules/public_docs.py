# SPDX-License-Identifier: Apache-2.0
"""public-docs: each class, concept and function of a public header has a comment, of its own or of its group.

Structs and enums hold plain values and speak by the names of their fields; constructors go with their class."""

import re

from lint.cpp_text import closing_angle
from lint.layering import PUBLIC_FOLDER
from lint.source import Finding

NAME = "public-docs"
_TYPE = re.compile(r"\b(class|struct|union|enum)\b")
_EXEMPT = re.compile(r"^(using|typedef|friend|static_assert|extern|BOOST_\w+|#)|=\s*(default|delete)\s*$|\boperator\b")


def check(repository):
    for source in repository.cpp():
        if source.is_header and source.path.startswith(PUBLIC_FOLDER):
            documented = set()
            for line, what in declarations(source.code):
                if is_documented(source, line, documented):
                    documented.add(line)
                elif what and not source.allows(NAME, line):
                    yield Finding(source.path, line, f"{what} has no comment: say result, units, errors, lifetime")


def is_documented(source, line, documented):
    """A comment above or beside it, or a documented declaration right above without a blank line between."""
    if "//" in source.lines[line - 1]:
        return True
    above = line - 1
    while above >= 1:
        text = source.lines[above - 1].strip()
        if text.startswith(("//", "/*", "*")) or text.endswith("*/"):
            return True
        if not text or text.endswith(("{", ":")) and above not in documented:
            return False
        if above in documented:
            return True
        above -= 1
    return False


def declarations(code):
    """Pairs (line, what): `what` names a declaration that needs a comment, and is empty for others."""
    contexts, names = ["namespace"], [""]
    statement, start, parens = "", None, 0
    lines = 1
    for offset, character in enumerate(code):
        lines += character == "\n"
        visible = contexts[-1] in ("namespace", "public")
        if character in "([":
            parens += 1
        elif character in ")]":
            parens -= 1
        if parens == 0 and character in ";{}":
            if character == "{":
                if visible and start:
                    yield start, kind(statement, names[-1], body=True)
                context, name = open_context(statement, contexts[-1])
                contexts.append(context)
                names.append(name)
            else:
                if character == ";" and visible and start:
                    yield start, kind(statement, names[-1], body=False)
                if character == "}" and len(contexts) > 1:
                    contexts.pop()
                    names.pop()
            statement, start = "", None
            continue
        if character == ":" and contexts[-1] in ("public", "hidden") and statement.strip() in ("public", "private", "protected"):
            contexts[-1] = "public" if statement.strip() == "public" else "hidden"
            statement, start = "", None
            continue
        if start is None and not character.isspace():
            start = lines
        if start is not None:
            statement += character
        if character == "\n" and statement.lstrip().startswith("#"):
            statement, start = "", None


def open_context(statement, around):
    if around in ("skip", "hidden"):
        return "skip", ""
    if re.match(r"\s*(inline\s+)?namespace\b", statement):
        return "namespace", ""
    found = _TYPE.search(plain(statement))
    if found and found.group(1) != "enum" and "(" not in plain(statement):
        name = re.search(r"\b(?:class|struct|union)\s+(\w+)", plain(statement))
        return ("hidden" if found.group(1) == "class" else "public"), name.group(1) if name else ""
    return "skip", ""


def plain(statement):
    """Without attributes, template arguments and initialisers, so that what is left is the declarator."""
    text = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^)]*\)", " ", statement, flags=re.DOTALL)
    position = text.find("<")
    while position != -1:
        end = closing_angle(text, position)
        if end is None:
            break
        text = text[:position] + " " + text[end + 1:]
        position = text.find("<")
    return re.sub(r"(?<![=!<>])=(?!=).*", "", text, flags=re.DOTALL)


def kind(statement, owner, body):
    text = " ".join(statement.split())
    if not text or _EXEMPT.search(re.sub(r"\[\[.*?\]\]\s*", "", text)):
        return ""
    declarator = plain(text)
    found = re.search(r"\b(class|struct|union|enum|concept)\s+(?:class\s+|struct\s+)?(\w+)", declarator)
    if found and "(" not in declarator:
        needed = found.group(1) == "concept" or (found.group(1) == "class" and "enum" not in declarator and body)
        return f"{found.group(1)} {found.group(2)}" if needed else ""
    called = re.search(r"(~?\w+)\s*\(", declarator)
    if not called or called.group(1).lstrip("~") == owner or called.group(1).isupper():
        return ""
    return f"function {called.group(1)}"
