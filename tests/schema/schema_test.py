# SPDX-License-Identifier: Apache-2.0
"""Every golden event validates against the shipped schema, by an implementation that is not ours, and broken ones do
not: a missing member, a wrong type, an unknown word."""
import copy
import json
import pathlib
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "schema" / "events.schema.json").read_text())
EVENTS = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "tests/golden/events").glob("*.json"))}


class EventSchema(unittest.TestCase):
    """The schema accepts what the encoder writes, and nothing else."""

    def setUp(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)
        self.validator = jsonschema.Draft7Validator(SCHEMA)

    def test_accepts_every_golden_event(self):
        self.assertGreater(len(EVENTS), 20)
        for name, event in EVENTS.items():
            with self.subTest(type=name):
                self.assertEqual([error.message for error in self.validator.iter_errors(event)], [])

    def test_refuses_a_missing_member(self):
        for name, event in EVENTS.items():
            if name not in SCHEMA["definitions"]:
                continue
            for member in event["data"]:
                broken = copy.deepcopy(event)
                del broken["data"][member]
                with self.subTest(type=name, member=member):
                    self.assertFalse(self.validator.is_valid(broken))

    def test_refuses_a_broken_envelope(self):
        for member, value in {"seq": 0, "run_id": "run_x", "at": "yesterday", "elapsed_us": -1, "data": []}.items():
            broken = dict(EVENTS["RunStarted"], **{member: value})
            with self.subTest(member=member):
                self.assertFalse(self.validator.is_valid(broken))

    def test_accepts_erased_data_and_unknown_types(self):
        erased = dict(EVENTS["OutputDelta"], data={"erased": "0" * 64})
        self.assertTrue(self.validator.is_valid(erased))
        self.assertTrue(self.validator.is_valid(dict(EVENTS["OutputDelta"], type="FromTheFuture", data={"x": 1})))


if __name__ == "__main__":
    unittest.main()
