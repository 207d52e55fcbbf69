# SPDX-License-Identifier: Apache-2.0
"""What is left of runs whose content was erased, and of runs that are damaged."""

import json
import re
import shutil
import sqlite3

from cli.test_integrity import StoredRun


class Erasure(StoredRun):
    def run_secret(self, kind):
        model = self.script({"text": "Vermilion."}, name="secret.json")
        answer = self.succeeds("run", "--store", self.url(kind), "--model", model, "Whisper zanzibar")
        return re.search(r"run_\w{26}", answer.err).group()

    def prune(self, kind, *flags):
        return self.succeeds("runs", "prune", "--erase-content", "--store", self.url(kind), *flags)

    def test_what_was_said_goes_and_the_hashes_stay(self):
        for kind in self.stores:
            with self.subTest(store=kind):
                store = ("--store", self.url(kind))
                old = self.run_secret(kind)
                new = self.run_once(kind)
                head = self.json_lines("runs", "verify", old, "--json", *store)[0]["head"]
                dry = self.prune(kind, "--keep", "1", "--dry-run")
                self.assertEqual(dry.out, f"would erase the content of {old}\n")
                self.assertIn("Vermilion", self.succeeds("runs", "show", old, *store).out)
                told = self.prune(kind, "--keep", "1", "--yes", "--json")
                self.assertEqual(json.loads(told.out), {"run_id": old, "erased": True})
                self.assertIn("erased the content of 1 run", told.err)
                again = self.prune(kind, "--keep", "1", "--yes")
                self.assertIn("erased the content of 0 runs", again.err)

                checked = self.succeeds("runs", "verify", old, "--head", head, *store).out
                self.assertRegex(checked, rf"{old} sound: .* \d+ events erased, head {head}")
                listed = {run["run_id"]: run for run in self.json_lines("runs", "list", "--json", *store)}
                self.assertEqual(listed[old]["status"], "completed")
                self.assertEqual(listed[old]["input_preview"], "")
                self.assertTrue(listed[old]["erased"])
                self.assertEqual(listed[old]["model"], "scripted/secret.json")
                self.assertIn("completed (erased)", self.succeeds("runs", "list", *store).out)
                self.fails(1, "its steps cannot be shown", "runs", "timeline", old, *store)
                shown = self.succeeds("runs", "events", old, "--json", *store).out
                for said in ("zanzibar", "Vermilion"):
                    self.assertNotIn(said, shown)
                self.assertIn("Blue", self.succeeds("runs", "show", new, *store).out)
                self.assertEqual(self.succeeds("runs", "search", "zanzibar", *store).out, "")
                self.succeeds("runs", "verify", "--all", *store)
        for path in [self.stores["sqlite"], *self.stores["jsonl"].rglob("*")]:
            if path.is_file():
                self.assertNotIn(b"ermilion", path.read_bytes(), path)

    def test_an_erased_run_travels_as_it_is(self):
        run = self.run_once("jsonl")
        self.prune("jsonl", "--keep", "0", "--yes")
        told = self.succeeds("runs", "export", run, "--output", "run.orun", "--store", self.url("jsonl"))
        self.assertIn("was erased: the file holds digests", told.err)
        self.assertIn("erased", self.succeeds("runs", "verify", "--file", "run.orun").out)
        self.succeeds("runs", "import", "run.orun", "--store", self.url("sqlite"))
        self.assertIn("erased", self.succeeds("runs", "verify", run, "--store", self.url("sqlite")).out)

    def test_a_session_does_not_go_on_with_it(self):
        run = self.run_once("jsonl")
        session = self.json_lines("runs", "list", "--json", "--store", self.url("jsonl"))[0]["session_id"]
        self.prune("jsonl", "--keep", "0", "--yes")
        store = ("--store", self.url("jsonl"))
        model = ("--model", self.model)
        answer = self.run_program("run", "--session", session, *model, "Go on", *store)
        self.assertEqual(answer.returncode, 1, answer.err)
        self.assertIn(f"what was said in run {run} was erased", answer.err)

    def test_what_others_build_on_stays(self):
        first = self.run_once("sqlite")
        session = self.json_lines("runs", "list", "--json", "--store", self.url("sqlite"))[0]["session_id"]
        second = self.run_once("sqlite", "--session", session)
        kept = self.prune("sqlite", "--keep", "1", "--yes")
        self.assertIn(f"keeps: run {second} builds on run {first}", kept.err)
        self.prune("sqlite", "--keep", "0", "--yes")
        self.assertIn("erased", self.succeeds("runs", "verify", first, "--store", self.url("sqlite")).out)


    def test_values_are_looked_at_before_the_word_that_it_is_meant(self):
        self.run_once("sqlite")
        store = ("--store", self.url("sqlite"))
        self.fails(2, "--keep", "runs", "prune", "--keep", "few", *store)
        self.fails(2, "needs a bound", "runs", "prune", *store)
        self.fails(2, "--yes", "runs", "prune", "--keep", "1", *store)

    def test_a_damaged_run_is_kept_and_named(self):
        run = self.run_once("jsonl")
        self.spoil(run, 3, b'"seq":', b'"Seq":')
        self.run_program("runs", "verify", run, "--store", self.url("jsonl"))
        told = self.prune("jsonl", "--keep", "0", "--yes")
        self.assertIn(f"keeps: run {run} is damaged", told.err)
        self.assertIn("erased the content of 0 runs", told.err)


class Damage(StoredRun):
    def test_it_is_shown_as_far_as_it_is_good_and_not_gone_on_with(self):
        run = self.run_once("jsonl")
        store = ("--store", self.url("jsonl"))
        whole = self.succeeds("runs", "events", run, "--json", *store).out
        self.spoil(run, 3, b'"seq":', b'"Seq":')
        answer = self.run_program("runs", "events", run, "--json", *store)
        self.assertEqual(answer.returncode, 6)
        self.assertTrue(answer.out and whole.startswith(answer.out))
        for part in ("step 3 ", "checksum", f"`orchestrator runs salvage {run}` keeps it"):
            self.assertIn(part, answer.err)

        listed = self.json_lines("runs", "list", "--json", *store)
        self.assertTrue(listed[0]["damaged"])
        self.assertIn("(damaged)", self.succeeds("runs", "list", *store).out)
        shown = self.run_program("runs", "show", run, *store)
        self.assertEqual(shown.returncode, 6)
        self.assertIn("Name a colour", shown.out)
        self.assertIn("step 3 ", shown.err)
        found = json.loads(self.run_program("runs", "show", run, "--json", *store).out)
        self.assertIn("step 3 ", found["damage"])
        line = self.run_program("runs", "timeline", run, *store)
        self.assertEqual(line.returncode, 6)
        self.assertIn(run, line.out)
        self.assertIn("runs salvage", line.err)
        # Without its end it looks like one that could go on.
        self.journal(run).write_bytes(b"".join(self.journal(run).read_bytes().splitlines(keepends=True)[:-1]))
        self.fails(6, "step 3 ", "resume", run, *store)

    def test_it_is_salvaged_in_its_place(self):
        for kind in self.stores:
            with self.subTest(store=kind):
                run = self.run_once(kind)
                store = ("--store", self.url(kind))
                if kind == "jsonl":
                    self.spoil(run, 4, b'"seq":', b'"Seq":')
                else:
                    self.run_once(kind)  # ends with a store that packs what it holds
                    with sqlite3.connect(self.stores[kind]) as database:
                        database.execute("UPDATE line SET bytes = CAST('x' AS BLOB) WHERE place = (SELECT "
                                         "(number << 32) + events FROM run WHERE id = ?)", (run,))
                    database.close()
                self.assertEqual(self.run_program("runs", "verify", run, *store).returncode, 6)
                self.fails(2, "--yes", "runs", "salvage", run, "--in-place", *store)
                self.assertEqual(self.run_program("runs", "verify", run, *store).returncode, 6)
                self.fails(2, "excludes", "runs", "salvage", run, "--in-place", "--out", "x.orun", *store)
                self.succeeds("runs", "salvage", run, "--in-place", "--yes", *store)
                self.assertIn(", not ended", self.succeeds("runs", "verify", run, *store).out)
                self.succeeds("runs", "show", run, *store)
                self.assertFalse(self.json_lines("runs", "show", run, "--json", *store)[0]["damaged"])
                self.succeeds("abort", run, *store)

    def test_an_emptied_journal_is_damage(self):
        run = self.run_once("jsonl")
        self.journal(run).write_bytes(b"")
        answer = self.run_program("runs", "verify", "--all", "--store", self.url("jsonl"))
        self.assertEqual(answer.returncode, 6)
        self.assertIn("was emptied", answer.out)
        self.assertIn(f"{run} DAMAGED", answer.out)
        # One that a process left before it began.
        shutil.rmtree(self.journal(run).parent)
        self.journal(run).parent.mkdir()
        self.journal(run).write_bytes(b"")
        answer = self.succeeds("runs", "verify", "--all", "--store", self.url("jsonl"))
        self.assertIn(f"{run} empty: ", answer.out)
        self.assertEqual(self.json_lines("runs", "verify", "--all", "--json", "--store", self.url("jsonl"))[-1],
                         {"type": "empty", "run_id": run})


class Forks(StoredRun):
    def test_a_fork_is_checked_together_with_its_source(self):
        run = self.run_once("jsonl")
        store = ("--store", self.url("jsonl"))
        self.succeeds("fork", run, "--at", "3", "--model", self.model, *store)
        fork = self.json_lines("runs", "list", "--json", *store)[0]["run_id"]
        checked = self.json_lines("runs", "verify", fork, "--json", *store)[0]
        self.assertTrue(checked["sound"], checked)
        self.assertIsNone(checked["unchecked"])
        shutil.rmtree(self.journal(run).parent)
        answer = self.succeeds("runs", "verify", fork, *store)
        self.assertRegex(answer.out, rf"{fork} sound: .*\n  not checked: what holds in every run, since .*{run}")
