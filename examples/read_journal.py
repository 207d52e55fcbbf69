#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads and verifies journals without the library: read_journal.py PATH, where PATH is the folder of a `jsonl:` store,
the file of a `sqlite:` store, or an exported run. Prints what each run said. Ends with 1, naming the place, where
something is not as it was written. The format is described in docs/journal-format.md."""
import base64, hashlib, json, os, re, sqlite3, sys, zlib

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.S)

def value_end(text, at):
    """Where the JSON value ends that begins at byte `at`."""
    depth = 0
    for token in TOKEN.finditer(text, at):
        kind = token.group()[:1]
        if depth == 0 and kind in b',]}"':
            return token.end() if kind == b'"' else token.start()
        depth += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(kind, 0)
        if depth == 0 and kind in b"]}":
            return token.end()
    return len(text)

def values(text):
    """The elements of an array, as bytes; of an object the names, each followed by its value."""
    found, at = [], 1
    while at < len(text) - 1:
        found.append(text[at:value_end(text, at)])
        at += len(found[-1]) + 1
    return found

def members(text):
    found = values(text)
    return dict(zip((name[1:-1].decode() for name in found[::2]), found[1::2]))

def sha256(data):
    return hashlib.sha256(data).digest()

def read_run(run_id, lines, head=""):
    """Checks the lines of one run in their order and prints what it said."""
    chain, seq, steps, said, end = bytes(32), 0, 0, [], "not ended"
    for line in lines:
        place = f"{run_id}, step {steps + 1} (after event {seq})"
        if line[-28:] != b',"check":"%s"}' % sha256(line[:-28]).hex()[:16].encode():
            sys.exit(place + ": checksum mismatch")
        step, steps = members(line), steps + 1
        for event in values(step["events"]):
            data, value, seq = members(event)["data"], json.loads(event), seq + 1
            envelope = event[:len(event) - len(data) - 9]  # without ,"data": and }
            if (value["seq"], value["run_id"]) != (seq, run_id):
                sys.exit(f"{place}: another event in the place of event {seq}")
            erased = list(value["data"]) == ["erased"]
            chain = sha256(chain + envelope + (bytes.fromhex(value["data"]["erased"]) if erased else sha256(data)))
            if value["type"] == "OutputDelta":
                said.append("[erased]" if erased else value["data"]["text"])
            if value["type"] in ("Completed", "Error", "Aborted"):
                end = value["type"]
        if step["step"] != b"%d" % steps or step["head"] != b'"%s"' % chain.hex().encode():
            sys.exit(place + ": the chain is broken")
    if head not in ("", chain.hex()):
        sys.exit(f"{run_id}: it ends with {chain.hex()}, and should with {head}")
    print(f"{run_id}: {seq} events in {steps} steps, {end}, head {chain.hex()}\n{''.join(said)}")

def read_folder(path):
    for run_id in sorted(os.listdir(path + "/runs")):
        with open(f"{path}/runs/{run_id}/journal.jsonl", "rb") as file:
            read_run(run_id, file.read().split(b"\n")[:-1])  # what follows the last line end was torn

def read_database(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for number, run_id, head in database.execute("SELECT number, id, head FROM run WHERE events > 0 ORDER BY id"):
        sql = ("SELECT place, bytes, 0 FROM line WHERE place >> 32 = ?1 UNION ALL "
               "SELECT place, bytes, 1 FROM chunk WHERE place >> 32 = ?1 ORDER BY place")
        text = b"".join(zlib.decompress(piece) if packed else piece + b"\n"
                        for _, piece, packed in database.execute(sql, (number,)))
        read_run(run_id, text.split(b"\n")[:-1], head)

def read_export(path):
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    receipt = json.loads(lines[-2]) if lines[-1] == b"" and len(lines) > 3 else {}
    body = b"".join(line + b"\n" for line in lines[:-2])
    if receipt.get("lines") != len(lines) - 2 or receipt["sha256"] != sha256(body).hex():
        sys.exit(f"{path}, line {len(lines) - 1}: the receipt does not fit what is before it")
    at = 1  # line 0 is the header
    while at < len(lines) - 2:
        run, first = json.loads(lines[at]), at + 1
        read_run(run["run"], lines[first:first + run["steps"]], run["head"])
        at = first + run["steps"] + run["contents"]
        for content in map(json.loads, lines[first + run["steps"]:at]):
            if sha256(base64.b64decode(content["base64"])).hex() != content["hash"]:
                sys.exit(f"{path}: the content {content['hash']} is another one")

if __name__ == "__main__":
    place = sys.argv[1]
    if os.path.isdir(place):
        read_folder(place)
    else:
        with open(place, "rb") as start:
            (read_database if start.read(16) == b"SQLite format 3\0" else read_export)(place)
