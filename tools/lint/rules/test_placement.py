# SPDX-License-Identifier: Apache-2.0
"""test-placement: every test is built and every built test program is a row of the suite table."""

import re

from lint.source import Finding

NAME = "test-placement"
TABLE = "tools/dev/suites.txt"
UNBUILT_FOLDERS = ("fuzz", "consumer")


def program_of(path):
    """The test program that CMake builds from this file, or None."""
    parts = path.split("/")
    if parts[:2] == ["core", "src"] and len(parts) > 3:
        return f"{parts[2]}_tests"
    if parts[0] in ("cli", "daemon"):
        return f"{parts[0]}_tests"
    if parts[0] == "tests" and len(parts) > 2 and parts[1] not in UNBUILT_FOLDERS:
        return f"{parts[1]}_tests"
    return None


def check(repository):
    programs = {}
    for source in repository.cpp():
        holds_tests = re.search(r"^\s*(TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP\w*)\s*\(", source.code, re.MULTILINE)
        if holds_tests and not source.path.endswith("_test.cpp"):
            yield Finding(source.path, 1, "holds tests, but its name does not end in _test.cpp")
        if not source.path.endswith("_test.cpp"):
            continue
        program = program_of(source.path)
        if program is None:
            yield Finding(source.path, 1, "is a test that no target builds; put it beside its source or in tests/FOLDER/")
        else:
            programs.setdefault(program, source.path)
    yield from check_table(repository, programs)


def is_python_test(source):
    named = source.name.endswith("_test.py") or (source.is_test and source.name.startswith("test_"))
    return named and source.suffix == ".py"


def python_folders(repository):
    """Folders that hold Python tests, each with one of them."""
    return {source.path.rpartition("/")[0]: source.path for source in repository if is_python_test(source)}


def check_table(repository, programs):
    table = repository.get(TABLE)
    if table is None:
        return
    rows = [line for line in table.lines if line.strip() and not line.lstrip().startswith("#")]
    named = set()
    for number, line in enumerate(table.lines, start=1):
        if line in rows:
            for program in re.findall(r"\b(\w+_tests)\b(?=[,\s|])", line.split("|")[3] if line.count("|") == 5 else ""):
                named.add(program)
                if program not in programs:
                    yield Finding(TABLE, number, f"{program} has no _test.cpp")
    commands = [line.rpartition("|")[2].split() for line in rows]
    for folder, example in sorted(python_folders(repository).items()):
        if not any("-s" in command and command[command.index("-s") + 1] == folder for command in commands):
            yield Finding(TABLE, 1, f"no row discovers the tests of {folder}/ (for example {example})")
    for program in sorted(set(programs) - named):
        yield Finding(TABLE, 1, f"{program} (for example {programs[program]}) has no row, so it never runs")
