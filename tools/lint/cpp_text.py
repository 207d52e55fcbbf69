# SPDX-License-Identifier: Apache-2.0
"""Finding one's way in C++ whose comments and literals are blanked: brackets, statements, lambdas.

It reads text, not a syntax tree: good enough to find the traps, and `lint-allow` answers a wrong hit.
"""

import re

OPEN, CLOSE = "([{", ")]}"
_LAMBDA = re.compile(r"(?<![\w)\]\[])\[(?!\[)")
_BLOCK_WORDS = re.compile(r"(\b(else|try|do|const|noexcept|override|final|mutable|namespace(\s+[\w:]+)?)|[;{}:)])$")
_TRAILING_RETURN = re.compile(r"->\s*[\w:<>,*&\s]+$")


def closing(code, start):
    """Offset of the bracket that closes the one at `start`, or the end of the text."""
    depth = 0
    for offset in range(start, len(code)):
        if code[offset] in OPEN:
            depth += 1
        elif code[offset] in CLOSE:
            depth -= 1
            if depth == 0:
                return offset
    return len(code)


def opening(code, end):
    """Offset of the bracket that opens the one at `end`, or 0."""
    depth = 0
    for offset in range(end, -1, -1):
        if code[offset] in CLOSE:
            depth += 1
        elif code[offset] in OPEN:
            depth -= 1
            if depth == 0:
                return offset
    return 0


def closing_angle(code, start):
    """Offset of the > that closes the < at `start`, or None."""
    depth = 0
    for offset in range(start, min(len(code), start + 2000)):
        character = code[offset]
        if character == "<":
            depth += 1
        elif character == ">" and code[offset - 1] != "-":
            depth -= 1
            if depth == 0:
                return offset
        elif character in ";{":
            return None
    return None


def is_block(code, brace):
    """True where the { at `brace` starts a block or a body; false where it starts a braced value."""
    before = code[max(0, brace - 300):brace].rstrip()
    if not before or _BLOCK_WORDS.search(before) or _TRAILING_RETURN.search(before):
        return True
    return before.endswith("]") and lambda_at(code, opening(code, len(code[:brace].rstrip()) - 1))


def lambda_at(code, bracket):
    return _LAMBDA.match(code, bracket) is not None


def lambdas(code):
    """Triples (offset, captures, body) of each lambda; body includes its braces."""
    for match in _LAMBDA.finditer(code):
        end = closing(code, match.start())
        offset = end + 1
        while offset < len(code) and code[offset] not in "{;,)":
            offset = closing(code, offset) + 1 if code[offset] == "(" else offset + 1
        if offset < len(code) and code[offset] == "{":
            yield match.start(), code[match.start() + 1:end].strip(), code[offset:closing(code, offset) + 1]


def without_lambda_bodies(text):
    """The text with the inside of each outermost lambda's body blanked; captures stay."""
    result, position = [], 0
    for offset, _, body in lambdas(text):
        if offset < position:
            continue
        start = text.index(body, offset)
        result += [text[position:start], "{", " " * (len(body) - 2), "}"]
        position = start + len(body)
    return "".join(result) + text[position:]


def statement_around(code, offset):
    """The full expression that holds `offset`: back and forth to ; or the edge of a block."""
    return code[_statement_start(code, offset):_statement_end(code, offset)]


def _statement_start(code, offset):
    position = offset - 1
    while position >= 0:
        character = code[position]
        if character == ";" or (character == "{" and is_block(code, position)):
            return position + 1
        if character == "}":
            brace = opening(code, position)
            if is_block(code, brace):
                return position + 1
            position = brace
        elif character in ")]":
            position = opening(code, position)
        position -= 1
    return 0


def _statement_end(code, offset):
    position = offset
    while position < len(code):
        character = code[position]
        if character in ";}" or (character == "{" and is_block(code, position)):
            return position
        if character in OPEN:
            position = closing(code, position)
        position += 1
    return len(code)


def split_arguments(text):
    """The arguments of a parameter list, split at its top-level commas."""
    parts, depth, start = [], 0, 0
    for offset, character in enumerate(text):
        if character in "([{<":
            depth += 1
        elif character in ")]}" or (character == ">" and text[offset - 1:offset] != "-"):
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:offset])
            start = offset + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]
