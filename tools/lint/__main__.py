# SPDX-License-Identifier: Apache-2.0
"""`python3 -m lint [--count] ROOT`: runs every rule over a tree; exit 1 where one was broken."""

import argparse
import importlib
import pkgutil
import sys

from lint import rules
from lint.source import Repository


def all_rules():
    """The rule modules in order of name; each has NAME and check(repository)."""
    names = sorted(module.name for module in pkgutil.iter_modules(rules.__path__))
    return [importlib.import_module(f"lint.rules.{name}") for name in names]


def main(arguments):
    parser = argparse.ArgumentParser(prog="./dev lint", description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--count", action="store_true", help="end with 'N passed, N failed, N skipped' over the rules")
    options = parser.parse_args(arguments)
    repository = Repository.read(options.root)
    passed = failed = 0
    for rule in all_rules():
        findings = sorted(set(rule.check(repository)), key=lambda found: (found.path, found.line, found.message))
        for found in findings:
            print(f"{found.path}:{found.line}: error: {rule.NAME}: {found.message}")
        passed, failed = passed + (not findings), failed + bool(findings)
    if options.count:
        print(f"{passed} passed, {failed} failed, 0 skipped")
    elif not failed:
        print(f"lint: {passed} rules, nothing found", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
