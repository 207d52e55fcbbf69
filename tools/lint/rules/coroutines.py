# SPDX-License-Identifier: Apache-2.0
"""coroutines: the traps that compile and then free twice, dangle, or swallow an error."""

import re

from lint.cpp_text import (closing, closing_angle, is_block, lambdas, opening, split_arguments, statement_around,
                           without_lambda_bodies)
from lint.layering import PUBLIC_FOLDER, PURE, layer_of
from lint.source import Finding

NAME = "coroutines"
# The check is in both; a public header needs the first, since the second is not installed.
CHECK_HEADERS = ("core/include/orchestrator/harness/awaitable.hpp", "core/src/runtime/compiler_check.hpp")
COROUTINE_WORD = r"\bco_(?:await|return|yield)\b"
AWAITABLE = r"\b[Aa]waitable\s*<"

VIEW = re.compile(r"^(const\s+)?([\w:]*::)?(string_view\b|span\s*<|initializer_list\s*<)")

BANNED_INCLUDES = {
    "boost/asio/experimental/awaitable_operators.hpp": "`||` waits for the first success; use a parallel group",
    "boost/asio.hpp": "include the parts that are used",
    "boost/beast.hpp": "include the parts that are used",
    "boost/asio/detached.hpp": "it loses exceptions; give the task to a group with an error handler",
}


def check(repository):
    for source in repository.cpp():
        found = [*includes(source), *detached(source)]
        if re.search(COROUTINE_WORD, source.code) or re.search(AWAITABLE, source.code):
            found += [*await_statements(source), *lambda_coroutines(source), *parameters(source)]
            found += compiler_check(repository, source)
        found += statement_expressions(source)
        yield from (finding for finding in found if not source.allows(NAME, finding.line))


def includes(source):
    for name, line in source.includes:
        if name in BANNED_INCLUDES:
            yield Finding(source.path, line, f"<{name}> is banned: {BANNED_INCLUDES[name]}")


def detached(source):
    for _, line in source.find(r"\bdetached\b(?!\s*\.hpp)"):
        if not source.lines[line - 1].lstrip().startswith("#"):
            yield Finding(source.path, line, "'detached' loses exceptions; give the task to a group with an error handler")


def await_statements(source):
    """A braced temporary or a capturing lambda in the full expression of a co_await."""
    code = source.code
    for match in re.finditer(r"\bco_await\b", code):
        statement = without_lambda_bodies(statement_around(code, match.start()))
        line = source.line_of(match.start())
        if any(capture for _, capture, _ in lambdas(statement)):
            yield Finding(source.path, line, "a capturing lambda in one statement with co_await; name it first")
        for brace in re.finditer(r"\{", statement):
            if not is_block(statement, brace.start()):
                yield Finding(source.path, line, "a braced temporary in one statement with co_await; name it first")
                break


def lambda_coroutines(source):
    for offset, capture, body in lambdas(source.code):
        if capture and re.search(COROUTINE_WORD, "{" + without_lambda_bodies(body[1:-1]) + "}"):
            yield Finding(source.path, source.line_of(offset),
                          "a lambda with captures is a coroutine; its closure may die first: write a named function")


def parameters(source):
    """References and views among the parameters of functions that return an awaitable."""
    code = source.code
    for match in re.finditer(AWAITABLE, code):
        end = closing_angle(code, match.end() - 1)
        if end is None:
            continue
        name = re.compile(r"\s+(?:[\w:~]+(?:<[^<>]*>::\w+)?|operator\s*\(\s*\))\s*\(").match(code, end + 1)
        before = code[max(0, match.start() - 40):match.start()]
        trailing = re.search(r"->\s*(?:[\w:]+::)?$", before)
        if trailing:
            close = code.rfind(")", 0, match.start())
            start = opening(code, close)
        elif name:
            start = name.end() - 1
        else:
            continue
        for parameter in split_arguments(code[start + 1:closing(code, start)]):
            if "&" in without_template_arguments(parameter) or VIEW.search(parameter):
                yield Finding(source.path, source.line_of(start),
                              f"coroutine parameter '{' '.join(parameter.split())}' may dangle; take a value, "
                              "or a pointer to an owner that outlives the task")


def without_template_arguments(text):
    """A std::function by value may take references; only the parameter's own type matters."""
    position = text.find("<")
    end = closing_angle(text, position) if position != -1 else None
    return text if end is None else text[:position] + without_template_arguments(text[end + 1:])


def statement_expressions(source):
    for match in re.finditer(r"\(\s*\{", source.code):
        brace = match.end() - 1
        inside = source.code[brace:closing(source.code, brace)]
        if ";" in without_lambda_bodies(inside):
            yield Finding(source.path, source.line_of(match.start()), "a statement expression '({'; write an if and co_return")


def compiler_check(repository, source):
    """GCC before 13 miscompiles coroutines, so each file that has them reaches the header that refuses it."""
    # The pure layers build with GCC 12 too: what they declare, others define.
    if repository.get(CHECK_HEADERS[0]) is None or source.path in CHECK_HEADERS or layer_of(source.path) in PURE:
        return []
    seen, queue = {source.path}, [source]
    while queue:
        current = queue.pop()
        for name, _ in current.includes:
            target = repository.resolve(current, name)
            if target is not None and target.path not in seen:
                seen.add(target.path)
                queue.append(target)
    wanted = CHECK_HEADERS[:1] if source.path.startswith(PUBLIC_FOLDER) else CHECK_HEADERS
    if seen.intersection(wanted):
        return []
    return [Finding(source.path, 1, "has coroutines but does not include orchestrator/harness/awaitable.hpp, "
                                    "which refuses compilers that miscompile them")]
