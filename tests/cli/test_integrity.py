# SPDX-License-Identifier: Apache-2.0
"""Checking runs, saving what is good of a damaged one, and carrying runs from one store to another; and the reader in
Python that shares no code with the program."""

import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys

from cli.program import PROGRAM, ROOT, ProgramTest

READER = ROOT / "examples/read_journal.py"


class StoredRun(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.script({"text": "Blue.\nAnd gr\u00fcn \U0001f600."}, {"text": "Red."})
        self.stores = {"jsonl": self.folder / "files", "sqlite": self.folder / "runs.db"}

    def url(self, kind):
        return f"{kind}:{self.stores[kind]}"

    def run_once(self, kind, *arguments):
        answer = self.succeeds("run", "--store", self.url(kind), "--model", self.model, *arguments, "Name a colour.")
        return re.search(r"run_\w{26}", answer.err).group()

    def journal(self, run):
        return self.stores["jsonl"] / "runs" / run / "journal.jsonl"

    def spoil(self, run, line, old, new):
        """Changes one line of a journal, counted from 1."""
        lines = self.journal(run).read_bytes().splitlines(keepends=True)
        self.assertIn(old, lines[line - 1])
        lines[line - 1] = lines[line - 1].replace(old, new, 1)
        self.journal(run).write_bytes(b"".join(lines))

    def read(self, path):
        return subprocess.run([sys.executable, READER, path], capture_output=True, text=True, timeout=60, check=False)


class Verify(StoredRun):
    def test_sound_runs(self):
        for kind in self.stores:
            with self.subTest(store=kind):
                first, second = self.run_once(kind), self.run_once(kind)
                answer = self.succeeds("runs", "verify", first, second, "--store", self.url(kind))
                self.assertRegex(answer.out, rf"(?m)^{first} sound: \d+ events in \d+ steps, head [0-9a-f]{{64}}$")
                everything = self.json_lines("runs", "verify", "--all", "--json", "--store", self.url(kind))
                self.assertEqual([line["type"] for line in everything], ["store", "run", "run"])
                self.assertTrue(all(line["sound"] and not line["flaws"] for line in everything))
                head = everything[1]["head"]
                self.succeeds("runs", "verify", second, "--head", head, "--store", self.url(kind))
                self.succeeds("runs", "verify", second, "--head", f"{everything[1]['events']}:{head}", "--store",
                              self.url(kind))
                other = self.run_program("runs", "verify", second, "--head", f"2:{head}", "--store", self.url(kind))
                self.assertEqual(other.returncode, 6)
                self.assertIn("event 2 has the hash", other.out)

    def test_a_run_under_way(self):
        live = self.start_run(self.script({"text": "one two three", "faults": [{"kind": "stall", "after_bytes": 900}]},
                                          name="stall.json"), "--store", self.url("jsonl"))
        answer = self.succeeds("runs", "verify", live.run_id, "--store", self.url("jsonl"))
        self.assertIn(" sound: ", answer.out)
        self.assertIn("under way", answer.out)

    def test_damage_is_placed_and_other_runs_are_served(self):
        good, bad = self.run_once("jsonl"), self.run_once("jsonl")
        self.spoil(bad, 3, b'"type":', b'"Type":')
        answer = self.run_program("runs", "verify", "--all", "--store", self.url("jsonl"))
        self.assertEqual(answer.returncode, 6)
        self.assertIn(f"{good} sound: ", answer.out)
        self.assertRegex(answer.out, rf"{bad} DAMAGED: \d+ events in 2 steps before the damage.*\n.*step 3 .*checksum")
        found = json.loads(self.run_program("runs", "verify", bad, "--json", "--store", self.url("jsonl")).out)
        self.assertEqual([(flaw["step"], flaw["run_id"]) for flaw in found["flaws"]], [(3, bad)])
        # Without its end it looks like one that could go on.
        self.journal(bad).write_bytes(b"".join(self.journal(bad).read_bytes().splitlines(keepends=True)[:-1]))
        self.fails(6, "step 3 ", "resume", bad, "--store", self.url("jsonl"))
        self.succeeds("runs", "show", good, "--store", self.url("jsonl"))

    def test_damage_in_a_database(self):
        good = self.run_once("sqlite")
        live = self.start_run(self.script({"text": "one two three", "faults": [{"kind": "stall", "after_bytes": 900}]},
                                          name="stall.json"), "--store", self.url("sqlite"))
        live.until("OutputDelta")
        live.process.kill()
        live.process.wait()
        self.succeeds("runs", "verify", "--all", "--store", self.url("sqlite"))
        with contextlib.closing(sqlite3.connect(self.stores["sqlite"])) as database, database:
            database.execute("UPDATE line SET bytes = CAST(replace(CAST(bytes AS TEXT), 'seq', 'sEq') AS BLOB) WHERE step = 3 "
                             "AND place >> 32 = (SELECT number FROM run WHERE id = ?)", (live.run_id,))
        answer = self.run_program("runs", "verify", "--all", "--store", self.url("sqlite"))
        self.assertEqual(answer.returncode, 6)
        self.assertRegex(answer.out, rf"(?s)store .* sound\n{live.run_id} DAMAGED.*step 3 .*{good} sound")
        self.fails(6, "step 3 ", "resume", live.run_id, "--store", self.url("sqlite"))
        self.succeeds("runs", "show", good, "--store", self.url("sqlite"))

    def test_usage(self):
        self.fails(2, "what to check is missing", "runs", "verify")
        self.fails(2, "exclude each other", "runs", "verify", "--all", "--file", "x")
        self.fails(2, "about one run", "runs", "verify", "--all", "--head", "0" * 64)
        self.fails(3, "no run", "runs", "verify", "run_01K", "--store", self.url("jsonl"))
        run = self.run_once("jsonl")
        self.fails(2, "is no hash", "runs", "verify", run, "--head", "abc", "--store", self.url("jsonl"))


class Salvage(StoredRun):
    def test_the_good_part_is_saved(self):
        run = self.run_once("jsonl")
        self.spoil(run, 4, b'"seq":', b'"Seq":')
        spoilt = self.journal(run).read_bytes()
        answer = self.succeeds("runs", "salvage", run, "--store", self.url("jsonl"))
        self.assertRegex(answer.out, rf"^{run}: \d+ events in 3 steps are good\nlost from here on: .*step 4")
        self.assertIn("nothing was written", answer.err)
        self.succeeds("runs", "salvage", run, "--to", self.url("sqlite"), "--store", self.url("jsonl"))
        saved = self.succeeds("runs", "verify", run, "--store", self.url("sqlite"))
        self.assertIn("in 3 steps, not ended", saved.out)
        self.succeeds("runs", "salvage", run, "--out", "saved.orun", "--store", self.url("jsonl"))
        self.assertIn("in 3 steps", self.succeeds("runs", "verify", "--file", "saved.orun").out)
        self.assertEqual(self.journal(run).read_bytes(), spoilt)
        self.fails(2, "that the damaged run is in", "runs", "salvage", run, "--to", self.url("jsonl"), "--store",
                   self.url("jsonl"))


class Transfer(StoredRun):
    def test_there_and_back(self):
        for source, target in (("jsonl", "sqlite"), ("sqlite", "jsonl")):
            with self.subTest(source=source):
                run = self.run_once(source)
                name = f"{source}.orun"
                self.succeeds("runs", "export", run, "--output", name, "--store", self.url(source))
                self.fails(1, "cannot write", "runs", "export", run, "--output", name, "--store", self.url(source))
                self.assertEqual(self.succeeds("runs", "export", run, "--store", self.url(source)).stdout,
                                 (self.folder / name).read_bytes())
                self.assertRegex(self.succeeds("runs", "verify", "--file", name).out, rf"sound: {run}, \d+ events")
                self.assertEqual(self.succeeds("runs", "import", name, "--store", self.url(target)).out,
                                 f"{run} imported\n")
                again = self.json_lines("runs", "import", name, "--json", "--store", self.url(target))
                events = len(self.json_lines("runs", "events", run, "--json", "--store", self.url(source)))
                self.assertEqual(again, [{"run_id": run, "imported": False, "outcome": "present", "events": events,
                                          "events_before": events}])
                shown = [self.succeeds("runs", "events", run, "--json", "--store", self.url(kind)).out
                         for kind in (source, target)]
                self.assertEqual(shown[0], shown[1])
                self.succeeds("runs", "verify", run, "--head", name, "--store", self.url(target))

    def test_through_pipes(self):
        run = self.run_once("jsonl")
        text = self.succeeds("runs", "export", run, "--output", "-", "--store", self.url("jsonl")).stdout
        self.assertEqual(self.succeeds("runs", "import", "-", "--store", self.url("sqlite"), stdin=text).out,
                         f"{run} imported\n")
        self.assertIn("there already", self.succeeds("runs", "import", "-", "--store", self.url("sqlite"), stdin=text).out)
        self.assertIn("there already",
                      self.succeeds("runs", "import", "/dev/stdin", "--store", self.url("sqlite"), stdin=text).out)
        self.fails(2, "is a folder", "runs", "import", ".", "--store", self.url("sqlite"))
        self.fails(2, "neither a file nor a pipe", "runs", "import", "/dev/zero", "--store", self.url("sqlite"))
        self.assertIn(f"sound: {run}, ", self.succeeds("runs", "verify", "--file", "-", stdin=text).out)
        self.fails(6, "standard input, line ", "runs", "import", "-", "--store", self.url("sqlite"), stdin=text[:-9])
        self.fails(2, "--output FILE as well", "runs", "export", run, "--output", "-", "--json", "--store",
                   self.url("jsonl"))
        terminal = self.on_terminal("runs", "export", run, "--store", self.url("jsonl"))
        terminal.until("nothing for a terminal")
        self.assertEqual(terminal.finish(), 2)
        terminal = self.on_terminal("runs", "import", "-", "--store", self.url("sqlite"))
        terminal.until("and that is a terminal")
        self.assertEqual(terminal.finish(), 2)

    def test_what_cannot_be_written_is_told(self):
        run = self.run_once("jsonl")
        with open("/dev/full", "wb") as full:
            answer = subprocess.run([PROGRAM, "runs", "export", run, "--store", self.url("jsonl")], stdout=full,
                                    stderr=subprocess.PIPE, env=self.environment, cwd=self.folder, timeout=60, check=False)
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stderr.decode(), "orchestrator: cannot write output: No space left on device\n")
        self.fails(1, "No such file or directory", "runs", "export", run, "--output", "nowhere/run.orun", "--store",
                   self.url("jsonl"))
        self.fails(3, "no run", "runs", "export", "run_01K", "--output", "run.orun", "--store", self.url("jsonl"))
        self.spoil(run, 3, b'"type":', b'"Type":')
        self.fails(6, "step 3", "runs", "export", run, "--output", "run.orun", "--store", self.url("jsonl"))
        self.assertEqual([path.name for path in self.folder.glob("run.orun*")], [], "nothing is left of it")

    def test_a_file_that_is_not_there(self):
        for command in (("runs", "import"), ("runs", "verify", "--file")):
            self.fails(3, "there is no file 'nowhere.orun'", *command, "nowhere.orun")
        answer = self.fails(3, "there is no file", "runs", "verify", "--file", "nowhere.orun", "--json")
        self.assertEqual(json.loads(answer.out)["error"]["code"], "run_not_found")

    def test_a_longer_file_goes_on(self):
        run = self.run_once("jsonl")
        self.succeeds("runs", "export", run, "--output", "whole.orun", "--store", self.url("jsonl"))
        events = len(self.json_lines("runs", "events", run, "--json", "--store", self.url("jsonl")))
        whole = self.journal(run).read_bytes()
        self.journal(run).write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
        self.succeeds("runs", "export", run, "--output", "part.orun", "--store", self.url("jsonl"))
        for kind in self.stores:
            with self.subTest(store=kind):
                self.succeeds("runs", "import", "part.orun", "--store", self.url(kind))
                self.assertRegex(self.succeeds("runs", "import", "whole.orun", "--store", self.url(kind)).out,
                                 rf"^{run} goes on: it had \d+ events, and has {events}\n$")
                self.assertEqual(self.succeeds("runs", "import", "part.orun", "--store", self.url(kind)).out,
                                 f"{run} is there already, and longer: it has {events} events\n")
                self.succeeds("runs", "verify", run, "--head", "whole.orun", "--store", self.url(kind))
                shown = self.json_lines("runs", "show", run, "--json", "--store", self.url(kind))[0]
                self.assertEqual((shown["status"], shown["events"]), ("completed", events))
        self.assertEqual(self.journal(run).read_bytes(), whole)

    def test_a_run_whose_source_was_deleted(self):
        first = self.run_once("jsonl")
        fork = re.search(r"run_\w{26}", self.succeeds("fork", first, "--at", "2", "--store", self.url("jsonl")).err).group()
        self.succeeds("runs", "export", fork, "--output", "fork.orun", "--store", self.url("jsonl"))
        shutil.rmtree(self.journal(first).parent)
        self.fails(3, "alone (--alone) it can be", "runs", "export", fork, "--output", "gone.orun", "--store",
                   self.url("jsonl"))
        self.succeeds("runs", "export", fork, "--alone", "--output", "alone.orun", "--store", self.url("jsonl"))

    def test_a_session_comes_along(self):
        first = self.run_once("jsonl")
        session = self.json_lines("runs", "list", "--json", "--store", self.url("jsonl"))[0]["session_id"]
        second = self.run_once("jsonl", "--session", session)
        told = self.json_lines("runs", "export", second, "--output", "two.orun", "--json", "--store", self.url("jsonl"))
        self.assertEqual(told[0]["with"], [first])
        self.assertEqual(self.succeeds("runs", "import", "two.orun", "--store", self.url("sqlite")).out,
                         f"{first} imported\n{second} imported\n")
        third = self.run_once("sqlite", "--session", session)
        self.assertNotIn(third, (first, second))
        self.succeeds("runs", "export", second, "--alone", "--output", "one.orun", "--store", self.url("jsonl"))
        self.assertIn(f"sound: {second}, ", self.succeeds("runs", "verify", "--file", "one.orun").out)

    def test_a_spoilt_file_stores_nothing(self):
        run = self.run_once("jsonl")
        text = self.succeeds("runs", "export", run, "--store", self.url("jsonl")).stdout
        (self.folder / "bad.orun").write_bytes(text.replace(b"Name a colour", b"Name a flavor", 1))
        for command in (("runs", "import", "bad.orun", "--store", self.url("sqlite")), ("runs", "verify", "--file", "bad.orun")):
            self.fails(6, "bad.orun, line 3: ", *command)
        self.assertEqual(self.succeeds("runs", "list", "--store", self.url("sqlite")).out, "")
        answer = self.fails(6, "bad.orun, line 3: ", "runs", "verify", "--file", "bad.orun", "--json")
        told = json.loads(answer.out)
        self.assertEqual((told["type"], told["sound"], told["error"]["code"]), ("file", False, "journal_damaged"))
        self.assertIn("line 3", told["error"]["message"])
        (self.folder / "bad.orun").write_bytes(text[:len(text) // 2])
        self.fails(6, "bad.orun, line ", "runs", "import", "bad.orun", "--store", self.url("sqlite"))
        (self.folder / "bad.orun").write_bytes(b"a letter\n")
        self.fails(6, "does not begin as", "runs", "verify", "--file", "bad.orun")

    def test_what_was_said_can_be_left_out(self):
        run = self.run_once("jsonl")
        whole = self.json_lines("runs", "export", run, "--output", "whole.orun", "--json", "--store", self.url("jsonl"))
        erased = self.succeeds("runs", "export", run, "--redact", "content", "--store", self.url("jsonl")).stdout
        self.assertNotIn(b"colour", erased)
        self.assertNotIn(b"Blue", erased)
        (self.folder / "erased.orun").write_bytes(erased)
        self.assertIn("erased", self.succeeds("runs", "verify", "--file", "erased.orun", "--head", whole[0]["head"]).out)
        self.succeeds("runs", "import", "erased.orun", "--store", self.url("sqlite"))
        listed = self.json_lines("runs", "list", "--json", "--store", self.url("sqlite"))
        self.assertEqual([(line["run_id"], line["status"]) for line in listed], [(run, "completed")])
        for command, what in ((("replay", run), "replayed"), (("fork", run), "forked"),
                              (("undo", run, "--yes"), "taken back"), (("runs", "diff", run, run), "shown")):
            with self.subTest(command=command):
                answer = self.fails(1, f"the contents of run {run} were erased", *command, "--store", self.url("sqlite"))
                self.assertIn(what, answer.err)


class Reader(StoredRun):
    def test_it_reads_every_form(self):
        run = self.run_once("jsonl")
        self.succeeds("runs", "export", run, "--output", "run.orun", "--store", self.url("jsonl"))
        self.succeeds("runs", "import", "run.orun", "--store", self.url("sqlite"))
        self.run_once("sqlite")  # ends with a store that packs what it holds
        head = self.json_lines("runs", "verify", run, "--json", "--store", self.url("jsonl"))[0]["head"]
        for path in (self.stores["jsonl"], self.folder / "run.orun", self.stores["sqlite"]):
            with self.subTest(path=path):
                answer = self.read(path)
                self.assertEqual(answer.returncode, 0, answer.stderr)
                self.assertIn(f"head {head}\nBlue.\nAnd gr\u00fcn \U0001f600.\n", answer.stdout)
        self.assertLessEqual(len(READER.read_text().splitlines()), 100)

    def test_it_reads_erased_runs(self):
        run = self.run_once("jsonl")
        self.succeeds("runs", "export", run, "--redact", "content", "--output", "erased.orun", "--store",
                      self.url("jsonl"))
        answer = self.read(self.folder / "erased.orun")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("[erased]", answer.stdout)

    def test_it_finds_damage(self):
        run = self.run_once("jsonl")
        text = self.succeeds("runs", "export", run, "--store", self.url("jsonl")).stdout
        self.spoil(run, 3, b'"elapsed_us":', b'"elapsed_us":1')
        answer = self.read(self.stores["jsonl"])
        self.assertEqual(answer.returncode, 1)
        self.assertIn(f"{run}, step 3 ", answer.stderr)
        (self.folder / "bad.orun").write_bytes(text.replace(b'"contents":0', b'"contents":1', 1))
        self.assertIn("receipt", self.read(self.folder / "bad.orun").stderr)
