# SPDX-License-Identifier: Apache-2.0
"""Evaluations from the command line: cases and stored runs, reports that real parsers read, comparison, and stopping."""

import html.parser
import json
import re
import signal
import xml.etree.ElementTree

from cli.program import ROOT, ProgramTest, STALLING

FOUR = {"text": "The answer is 4.", "usage": {"input": 10, "output": 5}}
FIVE = {"text": "The answer is 5.", "usage": {"input": 10, "output": 5}}
CASES = [{"id": "two", "input": "2+2?", "expected": 4, "tags": {"kind": "sum"}},
         {"id": "three", "input": "2+3?", "expected": 5, "tags": {"kind": "sum"}},
         {"id": "square", "input": "2 squared?", "expected": "so 2*2 = 4", "tags": {"kind": "product"}}]


class Page(html.parser.HTMLParser):
    """The elements of a page, checked to be closed in order."""

    VOID = {"meta", "br", "line", "rect"}

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data


class Evals(ProgramTest):
    def cases(self, *cases, name="cases.jsonl"):
        (self.folder / name).write_text("".join(json.dumps(case) + "\n" for case in cases or CASES))
        return name

    def evaluate(self, turn=FOUR, *arguments, out="results", status=0, scorer="numeric"):
        answer = self.run_program("eval", "run", "--dataset", self.cases(), "--scorer", scorer, "--model",
                                  self.script(turn, name=f"{out}.json"), "--out", out, *arguments)
        self.assertEqual(answer.returncode, status, answer.err)
        return answer

    def test_a_dataset_is_run_and_scored(self):
        table = self.evaluate(FOUR, "--epochs", "2").out
        self.assertRegex(table, r"(?m)^numeric +6 +4 +0\.667 \[0\.208, 0\.939\] +0\.667 \[")
        self.assertRegex(table, r"(?m)^tokens +60 in, 30 out$")
        self.assertRegex(table, r"(?m)^cost +unknown$")
        self.assertRegex(table, r"(?m)^  three #1 +numeric: expected 5, got 4$")
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 6)

    def test_a_file_says_the_same_as_flags_and_its_paths_are_from_its_folder(self):
        (self.folder / "suite").mkdir()
        self.cases(name="suite/cases.jsonl")
        (self.folder / "suite/sums.toml").write_text(
            f'name = "sums"\ndataset = "cases.jsonl"\nscorers = ["numeric", "regex:answer is ([0-9])"]\nepochs = 2\n'
            f'out = "results"\nmodel = "{self.script(FOUR)}"\n[set]\ntemperature = 0.5\n')
        report = self.json_lines("eval", "run", "suite/sums.toml", "--json", "--epochs", "1")[0]
        self.assertEqual(report["eval"]["epochs"], 1)
        self.assertEqual(report["eval"]["scorers"], ["numeric", "regex"])
        self.assertEqual(report["eval"]["config"]["settings"]["temperature"], 0.5)
        self.assertTrue((self.folder / "suite/results/results.jsonl").exists())
        (self.folder / "suite/wrong.toml").write_text('dataset = "cases.jsonl"\nepoch = 2\n')
        self.fails(2, "suite/wrong.toml:2:1: 'epoch' is no key of an evaluation", "eval", "run", "suite/wrong.toml")
        (self.folder / "suite/wrong.toml").write_text('dataset = "cases.jsonl"\nredact = "some"\n')
        self.fails(2, "'redact' is 'some'; allowed: none, keys, full, reversible", "eval", "run", "suite/wrong.toml")

    def test_its_runs_are_redacted_and_judge_what_tools_bring_as_it_says(self):
        (self.folder / "a.toml").write_text('redact = "full"\ninjection = "strict"\n')
        for number, arguments in enumerate((["a.toml"], ["--redact", "full", "--injection", "strict"])):
            self.evaluate(FOUR, *arguments, out=f"results{number}")
            started = self.json_lines("runs", "show", "@last", "--json")[0]["started"]
            self.assertEqual((started["redaction"], started["tool_policy"]["injection"]), ("full", "strict"))

    def test_the_example_is_an_evaluation(self):
        report = self.json_lines("eval", "run", ROOT / "examples/evals/capitals.toml", "--json", "--model",
                                 self.script({"text": "It is new delhi."}))[0]
        self.assertEqual((report["summary"]["records"], report["summary"]["passed"]), (12, 2))

    def test_it_goes_on_where_it_was_and_takes_over_what_is_equal(self):
        self.evaluate()
        lines = (self.folder / "results/results.jsonl").read_text().splitlines(keepends=True)
        (self.folder / "results/results.jsonl").write_text("".join(lines[:3]) + lines[3][:20])
        self.evaluate()
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 4)
        script = self.folder / "results.json"
        self.succeeds("eval", "run", "--dataset", "cases.jsonl", "--scorer", "numeric", "--model", f"scripted/{script.name}",
                      "--out", "again", "--reuse", "results/results.jsonl")
        self.assertEqual(len(self.json_lines("runs", "list", "--json")), 4)
        self.fails(2, "are of another evaluation", "eval", "run", "--dataset", "cases.jsonl", "--scorer", "exact",
                   "--model", f"scripted/{script.name}", "--out", "results")

    def test_thresholds_and_failures_are_exit_status_1(self):
        self.evaluate(FOUR, "--fail-under", "0.6")
        answer = self.evaluate(FOUR, "--fail-under", "0.7", status=1)
        self.assertIn("--fail-under: the pass rate of numeric is below it", answer.err)
        broken = {"faults": [{"kind": "http", "status": 400, "body": "{}"}] * 3, "text": "x"}
        answer = self.evaluate(broken, out="broken", status=1)
        self.assertIn("runs failed", answer.err)
        self.assertRegex(answer.out, r"(?m)^numeric +[0-2] ")

    def test_junit_is_read_by_a_real_parser_whatever_the_model_says(self):
        self.evaluate({"text": "]]></failure>\u0001\u001b[31m <b>&\"' 7\uffff"}, scorer="exact")
        root = xml.etree.ElementTree.fromstring(self.succeeds("eval", "report", "results", "--format", "junit").out)
        self.assertEqual(root.tag, "testsuites")
        self.assertEqual((root.get("tests"), root.get("failures"), root.get("errors")), ("3", "3", "0"))
        cases = root.findall("./testsuite/testcase")
        self.assertEqual([case.get("name") for case in cases], ["two", "three", "square"])
        self.assertIn("]]></failure>", cases[0].find("failure").text)
        self.assertRegex(cases[0].find("system-out").text, r"^run_\w{26}$")

    def test_html_is_whole_and_holds_nothing_that_acts(self):
        self.evaluate({"text": "<script>alert(1)</script><img src=x onerror=alert(2)> 4"})
        text = self.succeeds("eval", "report", "results", "--format", "html").out
        page = Page(text)
        self.assertEqual(page.open, [])
        tags = {tag for tag, _ in page.seen}
        self.assertLessEqual({"svg", "table", "style"}, tags)
        self.assertFalse(tags & {"script", "img", "link", "iframe", "object", "form", "a"})
        self.assertFalse([name for _, attributes in page.seen for name in attributes if name.startswith("on")])
        policy = [each["content"] for tag, each in page.seen if each.get("http-equiv") == "Content-Security-Policy"]
        self.assertEqual(len(policy), 1)
        self.assertIn("default-src 'none'", policy[0])
        self.assertIn("prefers-color-scheme:dark", text)
        self.assertIn("<script>alert(1)</script>", page.text)

    def test_compare_tells_flips_and_keeps_bounds(self):
        self.evaluate()
        self.evaluate(FIVE, out="other")
        table = self.succeeds("eval", "compare", "results", "other").out
        self.assertRegex(table, r"(?m)^numeric +3 +0\.667 +0\.333 +-0\.333 \[-1\.000, 0\.973\] +1 +2 +1\.000$")
        self.assertRegex(table, r"(?s)passes no more:\n  square .*  two .*passes now:\n  three ")
        comparison = json.loads(self.succeeds("eval", "compare", "results", "other", "--format", "json").out)
        self.assertEqual([flip["case_id"] for flip in comparison["scorers"][0]["to_pass"]], ["three"])
        self.assertEqual(self.run_program("eval", "compare", "results", "other", "--max-flips", "2").returncode, 0)
        self.assertEqual(self.run_program("eval", "compare", "results", "other", "--max-flips", "1").returncode, 1)
        self.assertEqual(self.run_program("eval", "compare", "results", "other", "--fail-under", "0.5").returncode, 1)
        self.assertEqual(self.run_program("eval", "compare", "results", "other", "--fail-significant").returncode, 0)
        self.fails(2, "--max-flips", "eval", "compare", "results", "other", "--max-flips", "many")
        self.fails(2, "cannot open the results", "eval", "compare", "results", "missing")

    def test_stored_runs_are_run_again_with_their_tools_recorded(self):
        first = self.script({"tool_calls": [{"name": "list_files", "arguments": {}}]}, {"text": "done"})
        (self.folder / "work").mkdir()
        self.succeeds("run", "--model", first, "--workspace", "work", "--approve", "never", "--label", "suite=a", "Look")
        source = json.loads(self.succeeds("runs", "list", "--json").out)["run_id"]
        second = self.script({"tool_calls": [{"name": "list_files", "arguments": {}}]},
                             {"tool_calls": [{"name": "list_files", "arguments": {}}]},
                             {"text": "nothing"}, name="second.json")
        answer = self.succeeds("eval", "run", "--runs", "label.suite=a", "--model", second, "--scorer", "exact",
                               "--out", "again")
        self.assertRegex(answer.out, r"(?m)^not recorded +1 tool calls$")
        self.assertRegex(answer.out, rf"(?s)passes no more:\n  {source}")
        again = json.loads((self.folder / "again/results.jsonl").read_text().splitlines()[1])
        self.assertEqual(again["source"], source)
        shown = self.json_lines("runs", "show", again["run_id"], "--json")[0]
        self.assertEqual(shown["started"]["parent"]["run_id"], source)
        self.assertEqual(shown["tools"], {"list_files": {"ok": 1, "error": 1}})
        # The policy alone is another change: the source's model, and less room.
        report = self.json_lines("eval", "run", "--runs", source, "--scorer", "exact", "--json", "--context-tokens",
                                 "5000", "--when-full", "extract")[0]
        self.assertEqual(report["summary"]["passed"], 1)
        shown = self.json_lines("runs", "show", report["records"][0]["run_id"], "--json")[0]
        self.assertEqual(shown["started"]["context"]["tokens_max"], 5000)
        self.assertEqual(shown["started"]["context"]["when_full"], "extract")
        self.fails(3, "no run", "eval", "run", "--runs", "label.suite=b", "--model", second, "--scorer", "exact")
        self.fails(2, "--runs has 'colour=red'", "eval", "run", "--runs", "colour=red", "--scorer", "exact")

    def test_a_judge_is_a_run_of_its_own(self):
        (self.folder / "rubric.md").write_text("Full marks for four.")
        judge = self.script({"text": "{\"score\": 0.25, \"reason\": \"rude\"}"}, name="judge.json")
        self.evaluate(FOUR, "--judge-model", judge, scorer="judge:rubric.md[threshold=0.2]")
        record = json.loads((self.folder / "results/results.jsonl").read_text().splitlines()[1])
        self.assertEqual(record["scores"][0]["value"], 0.25)
        self.assertTrue(record["scores"][0]["passed"])
        shown = self.json_lines("runs", "show", record["scores"][0]["run_id"], "--json")[0]
        self.assertIn("Full marks for four.", shown["started"]["system"])
        # Three cases and three judges: only the cases are runs to run again.
        report = self.json_lines("eval", "run", "--runs", "all", "--scorer", "exact", "--json")[0]
        self.assertEqual(report["summary"]["records"], 3)

    def test_sampling_is_the_same_for_the_same_seed(self):
        cases = [{"id": f"c{i}", "input": "?", "expected": 4, "tags": {"kind": "ab"[i % 2]}} for i in range(20)]
        self.cases(*cases, name="many.jsonl")
        model = self.script(FOUR)

        def chosen(*arguments):
            report = self.json_lines("eval", "run", "--dataset", "many.jsonl", "--scorer", "numeric", "--model", model,
                                     "--json", "--sample", "6", *arguments)[0]
            return [(each["case_id"], each["tags"]["kind"]) for each in report["records"]]

        self.assertEqual(chosen(), chosen())
        self.assertNotEqual(chosen(), chosen("--seed", "1"))
        kinds = [kind for _, kind in chosen("--stratify", "kind")]
        self.assertEqual((kinds.count("a"), kinds.count("b")), (3, 3))

    def test_wrong_use(self):
        cases = self.cases()
        for message, *arguments in (
                ("--dataset or --runs must say what to run", "--scorer", "exact"),
                ("--scorer is missing", "--dataset", cases),
                ("there is no such scorer", "--dataset", cases, "--scorer", "magic"),
                ("is no option; allowed: ignore_case", "--dataset", cases, "--scorer", "exact[loud]"),
                ("not RE2's", "--dataset", cases, "--scorer", "regex:("),
                ("--epochs", "--dataset", cases, "--scorer", "exact", "--epochs", "0"),
                ("--stratify needs --sample", "--dataset", cases, "--scorer", "exact", "--stratify", "kind"),
                ("--fail-under", "--dataset", cases, "--scorer", "exact", "--fail-under", "80")):
            with self.subTest(message):
                self.fails(2, message, "eval", "run", *arguments)
        (self.folder / "bad.jsonl").write_text('{"input": "a"}\n{"inputt": "b"}\n')
        self.fails(2, "bad.jsonl:2: 'inputt' is no member of a case", "eval", "run", "--dataset", "bad.jsonl",
                   "--scorer", "exact", "--model", self.script(FOUR))

    def test_progress_is_shown_on_a_terminal_alone(self):
        self.assertEqual(self.evaluate().err, "")
        terminal = self.on_terminal("eval", "run", "--dataset", "cases.jsonl", "--scorer", "numeric", "--model",
                                    self.script(FOUR))
        shown = terminal.until("not passed:")
        self.assertIn("[####################] 3/3  2 passed", shown)
        self.assertTrue(re.search(r"\r\x1b\[2Keval +eval", shown), shown)

    def test_a_signal_stops_it_and_it_can_be_gone_on_with(self):
        model = self.script(STALLING)
        live = self.start("eval", "run", "--dataset", self.cases(), "--scorer", "numeric", "--model", model, "--out", "r")
        # A line of the results is there once it is under way; a run once its case is.
        while not self.json_lines("runs", "list", "--json"):
            if live.process.poll() is not None:
                self.fail(live.errors())
        live.process.send_signal(signal.SIGINT)
        self.assertEqual(live.process.wait(60), 130)
        self.assertIn("the same command goes on with what is in r", live.errors())
        self.assertEqual(len((self.folder / "r/results.jsonl").read_text().splitlines()), 1)
