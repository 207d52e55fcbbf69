# SPDX-License-Identifier: Apache-2.0
"""version: VERSION holds the one version number; nothing else spells another."""

import json
import re

from lint.source import Finding

NAME = "version"
PACKAGE_FILES = re.compile(r"^(web|desktop|packaging|docs)/(?:(?!node_modules).)*package\.json$")


def check(repository):
    source = repository.get("VERSION")
    if source is None:
        yield Finding("VERSION", 1, "there is no VERSION file")
        return
    version = source.text.strip()
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or source.text != version + "\n":
        yield Finding("VERSION", 1, f"'{version}' is no MAJOR.MINOR.PATCH on one line")
        return
    for source in repository:
        yield from check_source(source, version)


def check_source(source, version):
    if source.name == "CMakeLists.txt" or source.suffix == ".cmake":
        for match, line in source.find(r"\bproject\s*\([^)]*?\bVERSION\s+(\d[\d.]*)", code=False):
            yield Finding(source.path, line, f"project() spells {match.group(1)}; read it from the file VERSION")
    if re.fullmatch(r".*\.[1-8]", source.name):
        yield from check_man_page(source, version)
    if source.path == "CHANGELOG.md":
        found = re.findall(r"^## \[?v?(\d+\.\d+\.\d+)", source.text, re.MULTILINE)
        if found[:1] != [version]:
            yield Finding(source.path, 1, f"the newest entry is {found[0] if found else 'missing'}, VERSION says {version}")
    if PACKAGE_FILES.match(source.path):
        stated = json.loads(source.text).get("version", version)
        if stated != version:
            yield Finding(source.path, 1, f"\"version\" is {stated}, VERSION says {version}")
    if source.is_cpp and not source.is_test:
        for _, line in source.find(rf'"v?{re.escape(version)}"', code=False):
            yield Finding(source.path, line, "spells the version number; use ORCHESTRATOR_VERSION")


def check_man_page(source, version):
    heading = next((line for line in source.lines if line.startswith(".TH ")), "")
    found = re.findall(r"\d+\.\d+\.\d+", heading)
    if found != [version]:
        yield Finding(source.path, 1, f"its .TH line says {', '.join(found) or 'no version'}, VERSION says {version}")
