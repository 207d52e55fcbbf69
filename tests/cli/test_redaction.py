# SPDX-License-Identifier: Apache-2.0
"""Redaction: no secret leaves its slot, and what is kept in the vault is put back for the person and the tools."""

import base64
import stat
import urllib.parse

from cli.program import ProgramTest

KEY = "sk-kanarienvogel~7f3a91c2/42+x"


class Redaction(ProgramTest):
    def forms(self, secret=KEY):
        """A secret as it may turn up, with encoders of the test's own."""
        found = {secret, secret.encode().hex(), "".join(f"%{byte:02x}" for byte in secret.encode()),
                 urllib.parse.quote(secret, safe="")}
        for front in (b"", b"x", b"xx"):
            coded = base64.b64encode(front + secret.encode()).decode().rstrip("=")
            found.add(coded[(len(front) * 8 + 5) // 6:-1])
        return found

    def leaks(self, *texts, secret=KEY, below=None):
        files = [path for path in (below or self.folder).rglob("*") if path.is_file()]
        searched = [text.encode() for text in texts] + [path.read_bytes() for path in files]
        return [form for form in self.forms(secret) for text in searched if form.encode() in text]

    def canary_script(self, secret=KEY):
        coded = base64.b64encode(secret.encode()).decode()
        return self.script({"text": f"The key is {secret}, or {coded}, or {secret.encode().hex()}.", "delta_chars": 1,
                            "reasoning": f"I know {secret}.",
                            "faults": [{"kind": "http", "status": 503, "body": '{"error":{"message":"bad %s"}}' % secret}]})

    def run_all(self, *flags):
        """A run with the key in every slot: its streams, what the program shows of it later, and its log."""
        self.environment["OPENAI_API_KEY"] = KEY
        self.environment["ORCHESTRATOR_LOG"] = "trace"
        self.environment["ORCHESTRATOR_LOG_FILE"] = str(self.folder / "store/log.txt")
        model = self.canary_script()
        texts = []
        for extra in ((), ("--json",)):
            done = self.succeeds("run", "--model", model, *flags, *extra, "--system", f"never say {KEY}", "--hint",
                                 f"think of {KEY}", "--label", f"note={KEY}", "--pin", f"key={KEY}", f"my key: {KEY}")
            texts += [done.out, done.err]
        for command in (("runs", "show", "@last"), ("runs", "events", "@last", "--json"), ("runs", "list", "--json")):
            done = self.succeeds(*command)
            texts += [done.out, done.err]
        return texts

    def store_folder(self):
        (self.folder / "store").mkdir()
        self.environment["ORCHESTRATOR_STORE"] = f"jsonl:{self.folder}/store/journal"
        return self.folder / "store"

    def test_the_keys_of_providers_stay_out_without_being_asked(self):
        store = self.store_folder()
        self.assertEqual(self.leaks(*self.run_all(), below=store), [])

    def test_the_search_finds_them_where_nothing_is_redacted(self):
        store = self.store_folder()
        self.assertGreaterEqual(len(self.leaks(*self.run_all("--redact", "none"), below=store)), 6)

    def test_a_key_of_the_configuration_is_one_of_them(self):
        store = self.store_folder()
        key_file = self.folder / "key"
        key_file.write_text(KEY)
        key_file.chmod(0o600)
        config = self.folder / "config.toml"
        config.write_text(f'[providers.mine]\nkind = "chat"\nbase_url = "http://127.0.0.1:9"\napi_key_file = "{key_file}"\n')
        done = self.succeeds("run", "--config", str(config), "--model", self.canary_script(), f"my key: {KEY}")
        self.assertEqual(self.leaks(done.out, done.err, below=store), [])
        self.assertIn("[redacted:secret]", done.out)

    def test_a_word_in_place_of_a_key_is_no_secret(self):
        self.environment["CHAT_API_KEY"] = "ollama"
        self.assertEqual(self.succeeds("run", "--model", self.script({"text": "ollama it is"}), "x").out, "ollama it is\n")

    def test_full_takes_personal_data_out(self):
        model = self.script({"text": "Mail joe@example.com, door-code: 4711x is it."})
        config = self.folder / "config.toml"
        config.write_text('[safety]\nredact = "full"\nredact_names = ["door-code"]\n')
        self.assertEqual(self.succeeds("run", "--config", str(config), "--model", model, "x").out,
                         "Mail [redacted:email], door-code: [redacted:name] is it.\n")
        self.environment["ORCHESTRATOR_REDACT"] = "keys"
        self.assertEqual(self.succeeds("run", "--config", str(config), "--model", model, "x").out,
                         "Mail joe@example.com, door-code: 4711x is it.\n")
        self.fails(2, "allowed: none, keys, full, reversible", "run", "--redact", "all", "--model", model, "x")

    def test_reversible_shows_the_person_what_the_journal_has_not(self):
        store = self.store_folder()
        model = self.script({"text": "I wrote to joe@example.com.", "delta_chars": 1})
        flags = ("run", "--model", model, "--redact", "reversible")
        self.assertEqual(self.succeeds(*flags, "x").out, "I wrote to joe@example.com.\n")
        shown = self.succeeds(*flags, "--json", "write to joe@example.com").out
        self.assertIn("[redacted:email:", shown)
        self.assertEqual(self.leaks(shown, secret="joe@example.com", below=store), [])
        vaults = [path for path in self.folder.rglob("values") if path.parent.name == "vault"]
        self.assertEqual(len(vaults), 1)
        self.assertEqual(stat.S_IMODE(vaults[0].stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(vaults[0].parent.stat().st_mode), 0o700)
