# SPDX-License-Identifier: Apache-2.0
"""A run that one process holds, steered by others: abort, hint, pause, resume, checkpoint, and following it."""

import os
import signal
import socket
import stat

from cli.program import STALLING, ProgramTest

# An answer that takes a while, so that commands come while it is under way.
SLOW = {"text": "one two three four five six seven eight nine ten", "delta_chars": 4, "delay_ms": 40}


class Control(ProgramTest):
    def test_abort(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        answer = self.succeeds("abort", live.run_id)
        self.assertEqual(answer.out, f"run {live.run_id}: aborted\n")
        self.assertEqual(live.finish(), 130)
        self.assertEqual(live.events[-1]["data"]["by"], "cli")
        self.assertIn("had ended already", self.succeeds("abort", "@last").out)

    def test_abort_after_the_turn(self):
        live = self.start_run(self.script(SLOW))
        live.until("OutputDelta")
        self.assertIn("will end after its turn", self.succeeds("abort", "@last", "--after-turn").out)
        self.assertEqual(live.finish(), 130)
        self.assertEqual(live.events[-1]["data"]["partial_output"], "")  # nothing was cut off
        whole = [event["data"]["item"]["value"]["parts"][0]["text"] for event in live.events
                 if event["type"] == "OutputItemCompleted"]
        self.assertEqual(whole, [SLOW["text"]])

    def test_hint(self):
        live = self.start_run(self.script(SLOW, {"text": "Kurz."}))
        live.until("OutputDelta")
        answer = self.json_lines("hint", live.run_id, "--after-turn", "Now in\n\"German\" ä", "--json")[0]
        queued = live.until("HintQueued", hint_id=answer["hint_id"])
        self.assertEqual(queued["data"]["text"], "Now in\n\"German\" ä")
        self.assertEqual(queued["data"]["by"], "cli")
        self.assertEqual(live.until("HintDelivered")["data"]["turn"], 2)
        self.assertEqual(live.finish(), 0)
        self.assertTrue(live.events[-1]["data"]["output"].endswith("Kurz."))

    def test_pause_and_resume(self):
        live = self.start_run(self.script(SLOW))
        live.until("OutputDelta")
        self.assertEqual(self.succeeds("pause", "@last").out, f"run {live.run_id}: paused\n")
        live.until("RunPaused")
        live.until("AttemptFinished")
        self.assertEqual(self.json_lines("runs", "show", "@last", "--json")[0]["status"], "active")
        self.succeeds("resume", live.run_id[:-1])
        live.until("RunResumed")
        self.assertEqual(live.finish(), 0)

    def test_checkpoint(self):
        live = self.start_run(self.script(SLOW))
        live.until("OutputDelta")
        self.succeeds("checkpoint", "@last", "before the rest")
        self.assertEqual(live.until("CheckpointCreated")["data"]["label"], "before the rest")
        self.fails(1, "256", "checkpoint", "@last", "x" * 257)
        self.assertEqual(live.finish(), 0)

    def test_follow(self):
        live = self.start_run(self.script(SLOW))
        follower = self.start("runs", "events", "@last", "--follow", "--json")
        self.assertEqual(live.finish(), 0)
        self.assertEqual(follower.finish(), 0)
        self.assertEqual(follower.events, live.events)

    def test_a_run_that_has_ended(self):
        self.succeeds("run", "--model", self.script({"text": "x"}), "Go")
        for command in (["pause"], ["resume"], ["hint", "text"], ["checkpoint", "label"]):
            self.fails(1, "is not running: it has ended (completed)", command[0], "@last", *command[1:])

    def test_a_run_whose_process_was_killed(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        follower = self.start("runs", "events", "@last", "--follow", "--json")
        follower.until("OutputDelta")
        live.process.send_signal(signal.SIGKILL)
        live.process.wait()
        self.assertEqual(follower.finish(), 1)
        self.assertIn("no process holds run", follower.errors())
        self.fails(1, "is not running: its process is gone", "pause", "@last")
        self.assertIn("aborted; its process was gone", self.succeeds("abort", "@last").out)
        shown = self.json_lines("runs", "show", "@last", "--json")[0]
        self.assertEqual(shown["status"], "aborted")
        self.assertTrue(shown["ended"]["partial_output"].startswith("one"))
        self.assertIn("had ended already", self.succeeds("abort", "@last").out)

    def test_a_session_with_a_run_under_way_is_not_deleted(self):
        self.succeeds("run", "--model", self.script({"text": "x"}, name="quick.json"), "Go")
        session = self.json_lines("runs", "list", "--json")[0]["session_id"]
        live = self.start_run(self.script(STALLING), "--session", session)
        self.fails(1, f"{live.run_id} of this session is under way", "sessions", "delete", session, "--yes")
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 2)
        self.succeeds("abort", live.run_id)
        self.assertEqual(live.finish(), 130)
        self.succeeds("sessions", "delete", session, "--yes")

    def test_bad_text(self):
        live = self.start_run(self.script(STALLING))
        live.until("OutputDelta")
        self.fails(2, "TEXT is empty", "hint", "@last", "")
        self.fails(2, "TEXT is missing", "hint", "@last")
        self.fails(1, "65536", "hint", "@last", "x" * 70000)


class Sockets(ProgramTest):
    def sockets(self, folder):
        return [path for path in folder.glob("*.sock")]

    def test_only_the_user_may_speak(self):
        live = self.start_run(self.script(STALLING))
        folder = self.folder / "runtime/orchestrator"
        path, = self.sockets(folder)
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(path.name, f"{live.run_id}.sock")
        self.succeeds("abort", "@last")
        self.assertEqual(live.finish(), 130)
        self.assertEqual(self.sockets(folder), [])

    def test_it_survives_nonsense(self):
        live = self.start_run(self.script(STALLING))
        path, = self.sockets(self.folder / "runtime/orchestrator")
        for message in (b"nonsense\n", b"{}\n", b"\n", b"[" * 10000 + b"\n", b"\xff\n", b"x" * 700000):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(60)
                client.connect(os.fspath(path))
                try:
                    client.sendall(message)
                    answer = client.recv(4096)
                except (BrokenPipeError, ConnectionResetError):
                    continue
                self.assertIn(b'"ok":false', answer)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(os.fspath(path))
            self.succeeds("abort", "@last")
        self.assertEqual(live.finish(), 130)

    def test_long_paths(self):
        long = self.folder / ("a" * 120)
        long.mkdir(mode=0o700)
        environment = {"XDG_RUNTIME_DIR": str(long)}
        live = self.start_run(self.script(STALLING), environment=environment)
        self.succeeds("abort", "@last", environment=environment)
        self.assertEqual(live.finish(), 130)

    def test_without_a_runtime_folder(self):
        live = self.start_run(self.script(STALLING), environment={"XDG_RUNTIME_DIR": ""})
        self.assertEqual(len(self.sockets(self.folder / "state/orchestrator/control")), 1)
        self.succeeds("abort", "@last")  # which looks into the runtime folder first
        self.assertEqual(live.finish(), 130)

    def test_stale_sockets_go_away(self):
        live = self.start_run(self.script(STALLING))
        live.process.send_signal(signal.SIGKILL)
        live.process.wait()
        folder = self.folder / "runtime/orchestrator"
        self.assertEqual(len(self.sockets(folder)), 1)
        self.succeeds("run", "--model", self.script({"text": "x"}), "Go")
        self.assertEqual(self.sockets(folder), [])
