# SPDX-License-Identifier: Apache-2.0
"""What is remembered over sessions, from the command line and by tools, and what a request of a run held."""

import http.server
import json
import re
import threading

from cli.program import ProgramTest

SECRET = "sk-canary-0123456789abcdefghij"


class Memory(ProgramTest):
    def add(self, text, *arguments):
        return self.succeeds("memory", "add", text, *arguments).out.strip()

    def test_what_is_added_is_found_by_its_user(self):
        key = self.add("The spare key is under the mat.")
        bike = self.add("The bicycle is green.", "--user", "bob")
        self.assertRegex(key, r"^mem_\w{26}$")
        lines = self.succeeds("memory", "search", "Where are the KEYS?").out.splitlines()
        self.assertRegex(lines[0], r"^MEMORY +LANE +MADE \(UTC\) +TEXT$")
        self.assertRegex(lines[1], rf"^{key} +semantic +\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d +The spare key is under the mat\.$")
        self.assertEqual(len(lines), 2)
        none = self.succeeds("memory", "search", "bicycle")
        self.assertEqual(none.out, "")
        self.assertRegex(none.err, r"^no memory of no user in particular found in sqlite:.*/memory\.db\n$")
        found = self.json_lines("memory", "search", "bicycle", "--user", "bob", "--json")
        self.assertEqual([each["id"] for each in found], [bike])
        self.assertGreater(found[0]["score"], 0)

    def test_list_is_newest_first_and_narrowed_by_lane(self):
        self.add("one")
        self.add("two", "--lane", "episodic")
        self.assertEqual([each["text"] for each in self.json_lines("memory", "list", "--json")], ["two", "one"])
        self.assertEqual([each["text"] for each in self.json_lines("memory", "list", "--lane", "semantic", "--json")],
                         ["one"])
        self.assertEqual([each["text"] for each in self.json_lines("memory", "list", "--limit", "1", "--json")], ["two"])

    def test_forget(self):
        first = self.add("a canary called Pip")
        self.add("another", "--lane", "episodic")
        self.assertEqual(self.succeeds("memory", "forget", first).out, "forgot 1 memory\n")
        self.fails(2, f"no memory {first} of this user", "memory", "forget", first)
        self.fails(2, "name a memory", "memory", "forget")
        self.fails(2, "--dry-run", "memory", "forget", "--all")
        self.assertRegex(self.succeeds("memory", "forget", "--all", "--dry-run").out, r"^mem_\w{26}\n$")
        self.assertEqual(self.succeeds("memory", "forget", "--all", "--yes").out, "forgot 1 memory\n")
        self.assertEqual(self.succeeds("memory", "list").out, "")
        files = list((self.folder / "state").rglob("memory.db*"))
        self.assertTrue(files)
        for file in files:
            self.assertNotIn(b"Pip", file.read_bytes(), file.name)

    def test_forget_by_age_leaves_what_is_younger(self):
        self.add("young")
        self.assertEqual(self.succeeds("memory", "forget", "--older-than", "1h", "--yes").out, "forgot 0 memories\n")
        self.assertEqual(len(self.json_lines("memory", "list", "--json")), 1)
        self.fails(2, "--older-than", "memory", "forget", "--older-than", "soon", "--yes")

    def test_export_holds_everything_of_the_user(self):
        ids = [self.add(f"fact {i}") for i in range(3)]
        self.add("not mine", "--user", "bob")
        exported = self.json_lines("memory", "export")
        self.assertEqual([each["id"] for each in exported], ids)
        self.assertEqual(exported[0]["embedding"], None)

    def test_bad_input_is_refused_and_named(self):
        self.fails(2, "--session", "memory", "add", "x", "--session", "nonsense")
        self.fails(2, "text", "memory", "add", "")
        self.fails(2, "working", "memory", "add", "x", "--lane", "deep")
        self.fails(2, "nowhere:", "memory", "list", environment={"ORCHESTRATOR_MEMORY": "nowhere:"})

    def test_a_model_remembers_and_the_next_run_recalls(self):
        learn = self.script({"tool_calls": [{"name": "remember", "arguments": {"text": "Tea is Assam."}}]},
                            {"text": "Kept."}, name="learn.json")
        ask = self.script({"tool_calls": [{"name": "recall", "arguments": {"query": "which tea"}}]},
                          {"text": "Assam."}, name="ask.json")
        self.succeeds("run", "--model", learn, "--tool", "remember", "I like Assam.")
        self.succeeds("run", "--model", ask, "--tool", "recall", "What do I like?")
        events = self.json_lines("runs", "events", "@last", "--json")
        finished = next(event for event in events if event["type"] == "ToolCallFinished")
        recalled = json.loads(finished["data"]["result"][0]["json"])
        self.assertEqual([each["text"] for each in recalled["memories"]], ["Tea is Assam."])


class Embeddings(ProgramTest):
    """Memories with vectors from an OpenAI-compatible endpoint on this machine."""

    def setUp(self):
        super().setUp()
        self.requests = requests = []
        self.answers = answers = []  # (status, body) of the next requests, in place of vectors

        class Host(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                requests.append((self.path, self.headers.get("Authorization"), asked))
                animals = ["cat" in text or "pet" in text for text in asked["input"]]
                data = [{"index": i, "embedding": [1, 0] if animal else [0, 1]} for i, animal in enumerate(animals)]
                status, body = answers.pop(0) if answers else (
                    200, {"object": "list", "data": data[::-1], "usage": {"prompt_tokens": 50, "total_tokens": 50}})
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.environment.update(
            OPENAI_BASE_URL=f"http://127.0.0.1:{server.server_address[1]}/v1", OPENAI_API_KEY=SECRET,
            ORCHESTRATOR_MEMORY_EMBEDDINGS="openai/small")

    def add(self, text, *arguments):
        return self.succeeds("memory", "add", text, *arguments).out.strip()

    def texts(self, query, *arguments):
        return [each["text"] for each in self.json_lines("memory", "search", query, *arguments, "--json")]

    def test_what_means_the_same_is_found_first(self):
        self.add("Tom the cat sleeps all day.")
        self.add("The bicycle is green.")
        self.assertEqual(self.texts("which pet lives here")[0], "Tom the cat sleeps all day.")
        self.assertEqual(self.texts("which pet lives here", "--lane", "episodic"), [])
        self.assertEqual(self.requests[0], ("/v1/embeddings", f"Bearer {SECRET}", {
            "model": "small", "input": ["Tom the cat sleeps all day."], "encoding_format": "float"}))
        self.assertEqual(len(self.requests), 3, "another lane has no vectors, so nothing is asked")
        exported = self.json_lines("memory", "export")
        self.assertEqual(exported[0]["embedding"], {"model": "openai/small", "values": [1, 0]})
        self.assertEqual(len(self.requests), 3)

    def test_what_it_took_is_told(self):
        (self.folder / "prices.json").write_text(json.dumps(
            {"version": "of this test", "models": [{"model": "openai/small", "usd_per_million": {"input": 0.02}}]}))
        (self.folder / "config.toml").write_text('catalogue = "prices.json"\n')
        added = self.json_lines("memory", "add", "a cat", "--json", "--config", "config.toml")[0]["embedding"]
        self.assertGreater(added.pop("latency_us"), 0)
        self.assertEqual(added, {"model": "openai/small", "dimensions": 2, "tokens": 50, "cost_micro_usd": 1})
        unpriced = self.json_lines("memory", "add", "a cat", "--json")[0]["embedding"]
        self.assertIsNone(unpriced["cost_micro_usd"])
        self.assertIsNone(self.json_lines("memory", "add", "x", "--lane", "episodic", "--json")[0]["embedding"])

    def test_a_failure_loses_nothing_and_hides_the_key(self):
        self.answers += [(401, {"error": {"message": f"Incorrect API key provided: {SECRET}"}}), (500, {}), (200, {})]
        kept = self.succeeds("memory", "add", "Tom the cat.")
        self.assertRegex(kept.err, r"^kept without an embedding: HTTP 401: .* \(provider_auth_failed\)\n$")
        self.assertNotIn(SECRET, kept.err)
        found = self.succeeds("memory", "search", "cats")
        self.assertIn("Tom the cat.", found.out)
        self.assertIn("searching by words alone: HTTP 500", found.err)
        self.assertIn("(provider_bad_json)", self.succeeds("memory", "search", "cats").err)
        self.assertIsNone(self.json_lines("memory", "export")[0]["embedding"])

    def test_models_are_not_mixed(self):
        self.add("Tom the cat.")
        other = {"ORCHESTRATOR_MEMORY_EMBEDDINGS": "openai/large"}
        self.succeeds("memory", "add", "The bicycle is green.", environment=other)
        found = self.json_lines("memory", "search", "which pet", "--json", environment=other)
        self.assertEqual(found[0]["text"], "The bicycle is green.", "the only one that is compared by its vector")

    def test_an_endpoint_of_the_configuration(self):
        base = self.environment.pop("OPENAI_BASE_URL")
        del self.environment["ORCHESTRATOR_MEMORY_EMBEDDINGS"]
        (self.folder / "config.toml").write_text(
            f'[memory]\nembeddings = "mine/org/m"\n[providers.mine]\nbase_url = "{base}"\napi_key_env = "MINE_KEY"\n')
        self.add("a cat", "--config", "config.toml")
        self.assertEqual(self.requests, [])
        self.environment["MINE_KEY"] = SECRET
        added = self.json_lines("memory", "add", "a cat", "--json", "--config", "config.toml")[0]
        self.assertEqual(added["embedding"]["model"], "mine/org/m")
        self.assertEqual(self.requests[0][2]["model"], "org/m")

    def test_settings_that_cannot_work_are_named(self):
        wrong = {"ORCHESTRATOR_MEMORY_EMBEDDINGS": "anthropic/x"}
        self.fails(2, "ORCHESTRATOR_MEMORY_EMBEDDINGS", "memory", "add", "x", environment=wrong)
        self.fails(2, "allowed: openai, chat", "memory", "search", "x", environment=wrong)
        self.fails(2, "PROVIDER/MODEL", "memory", "list", environment={"ORCHESTRATOR_MEMORY_EMBEDDINGS": "small"})
        self.succeeds("memory", "list", environment=wrong)
        (self.folder / "orchestrator.toml").write_text('[memory]\nembeddings = "openai/small"\n')
        self.fails(2, "project's file", "memory", "list")

    def test_a_model_remembers_by_meaning(self):
        learn = self.script({"tool_calls": [{"name": "remember", "arguments": {"text": "Tom the cat."}}]},
                            {"text": "Kept."}, name="learn.json")
        ask = self.script({"tool_calls": [{"name": "recall", "arguments": {"query": "which pet"}}]},
                          {"text": "Tom."}, name="ask.json")
        self.succeeds("run", "--model", learn, "--tool", "remember", "Tom.")
        self.answers += [(429, {"error": {"message": "slow"}})]
        for note in ("found by words alone: HTTP 429", None):
            self.succeeds("run", "--model", ask, "--tool", "recall", "Who?")
            events = self.json_lines("runs", "events", "@last", "--json")
            finished = next(event for event in events if event["type"] == "ToolCallFinished")
            recalled = json.loads(finished["data"]["result"][0]["json"])
            self.assertEqual([each["text"] for each in recalled["memories"]], ["Tom the cat."] if note is None else [])
            self.assertIn(note or "", recalled.get("note", ""))
        self.assertEqual(len(self.requests), 3)


class Context(ProgramTest):
    def setUp(self):
        super().setUp()
        self.model = self.script({"text": "I see. " + "Words follow. " * 12})

    def talk(self, count, *arguments):
        session = []
        for i in range(count):
            answer = self.succeeds("run", "--model", self.model, *session, *arguments, f"Question {i}. " + "x" * 100)
            session = ["--session", re.search(r"ses_\w{26}", answer.err).group()]

    def test_manifest_of_a_compacted_context(self):
        self.talk(6, "--context-tokens", "250", "--when-full", "extract", "--pin", "name=The user is called Ada.")
        text = self.succeeds("runs", "show", "@last", "--context", "last").out
        self.assertRegex(text, r"^turn 1: \d+ items, about \d+ tokens of 250\n")
        self.assertRegex(text, r"pinned +pinned +\d+ +name +\w{12} +The user is called Ada\.")
        self.assertRegex(text, r"kept +(summary|history) +\d+ +\w{12} +Earlier in this conversation, in extracts:")
        shown = self.json_lines("runs", "show", "@last", "--context", "1", "--json")[0]
        self.assertLessEqual(shown["tokens_estimate"], 250)
        self.assertEqual(shown["items"][0]["verdict"], "pinned")
        self.assertEqual(shown["items"][-1]["source"], "input")

    def test_turns_that_made_no_request_are_refused(self):
        self.talk(1)
        self.fails(2, "expected 1 to 1", "runs", "show", "@last", "--context", "7")
        self.fails(2, "--context", "runs", "show", "@last", "--context", "first")

    def test_a_turn_does_not_differ_from_itself(self):
        self.talk(1)
        self.assertIn("no difference", self.succeeds("runs", "show", "@last", "--context", "1", "--with", "1").out)

    def test_pins_stay_in_the_session_until_they_are_unpinned(self):
        self.talk(1, "--pin", "a=First.", "--pin", "b=Second.")
        session = self.json_lines("runs", "list", "--json")[0]["session_id"]
        self.succeeds("run", "--model", self.model, "--session", session, "--unpin", "a", "Go on.")
        shown = self.json_lines("runs", "show", "@last", "--context", "last", "--json")[0]
        self.assertEqual([item["reason"] for item in shown["items"] if item["verdict"] == "pinned"], ["b"])
        self.fails(2, "--pin", "run", "--model", self.model, "--pin", "nothing", "x")
