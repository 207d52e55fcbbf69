# SPDX-License-Identifier: Apache-2.0
"""The rules on plain text: version, docs terms, sleeps, leftovers, test placement, links."""

from lint.rules import docs_terms, leftovers, links, sleeps, test_placement, version
from lint.tests.rule_case import RuleCase


class Version(RuleCase):
    rule = version

    def test_the_file(self):
        self.accepts({"VERSION": "1.2.3\n"})
        self.finds({}, "there is no VERSION file")
        self.finds({"VERSION": "1.2\n"}, "no MAJOR.MINOR.PATCH")

    def check_other(self, path, text, message):
        self.finds({"VERSION": "1.2.3\n", path: text}, message)

    def test_other_places(self):
        self.check_other("CMakeLists.txt", "project(x\n VERSION 1.2.3)\n", "project() spells 1.2.3")
        self.check_other("docs/man/x.1", '.TH X 1 "2026" "x 1.2.2"\n', ".TH line says 1.2.2")
        self.check_other("CHANGELOG.md", "# Changes\n\n## 1.2.2\n", "newest entry is 1.2.2")
        self.check_other("web/package.json", '{"version": "1.2.4"}', '"version" is 1.2.4')
        self.check_other("core/src/event/a.cpp", 'auto v = "1.2.3";\n', "use ORCHESTRATOR_VERSION")
        self.accepts({"VERSION": "1.2.3\n", "CMakeLists.txt": "project(x VERSION ${V})\n", "docs/man/x.1": ".TH X 1 1.2.3\n",
                      "CHANGELOG.md": "## [1.2.3] - 2026\n\n## 1.2.2\n", "web/package.json": '{"version": "1.2.3"}',
                      "README.md": "comes with 1.4.0\n", "a_test.cpp": '"1.2.3"\n'})


class DocsTerms(RuleCase):
    rule = docs_terms

    def test_terms(self):
        for text in ("A Workflow.", "the block adapter", "block-graph", "BlockRunner".replace("kR", "k r"), "a block\ntype",
                     "block types", "a runner block"):
            self.assertEqual(len(self.messages({"docs/harness/a.md": text + "\n"})), 1, text)
        self.accepts({"docs/harness/a.md": "A content block. It blocks the adapter: blocking adapters.\n"})
        self.accepts({"docs/other.md": "workflow\n"})


class Sleeps(RuleCase):
    rule = sleeps

    def test_tests_do_not_sleep(self):
        self.finds({"a_test.cpp": "std::this_thread::sleep_for(x);\n"}, "'sleep_for' in a test")
        self.finds({"tests/cli/a.py": "import time\ntime.sleep(1)\n"}, "a.py:2")
        self.accepts({"a.cpp": "sleep_for(x);\n", "a_test.cpp": "// sleep_for(x)\nsleeper(1);\n", "tools/dev/b.py": "time.sleep(1)\n"})


class Leftovers(RuleCase):
    rule = leftovers

    def test_marks_and_paths(self):
        self.finds({"a.cpp": "// TODO: later\n"}, "'TODO'")
        self.finds({"a.md": "<<<<<<< HEAD\n"}, "a merge mark")
        self.finds({"a.md": "see /work/shared\n"}, "a path of one machine")
        self.finds({"a.sh": "cd /home/somebody/x\n"}, "a path of one machine")
        self.accepts({"a.md": "a /workspace, network/work, TODOs are none, mktemp x.XXXXXX\n=======\n".replace("=======", "=====")})
        self.accepts({"a.md": "`todo` list at /home/u/x\n"})


class TestPlacement(RuleCase):
    rule = test_placement
    ROW = "event | fast | 1 | release:event_tests | gtest | build/release/bin/event_tests\n"

    def test_unbuilt(self):
        self.finds({"docs/a_test.cpp": ""}, "no target builds")
        self.finds({"tests/a_test.cpp": ""}, "no target builds")
        self.finds({"core/src/event/a.cpp": "TEST(A, b) {}\n"}, "does not end in _test.cpp")
        self.accepts({"core/src/event/a_test.cpp": "TEST(A, b) {}\n", "tests/integration/b_test.cpp": "", "cli/c_test.cpp": ""})

    def test_the_suite_table(self):
        table = "tools/dev/suites.txt"
        self.finds({table: "", "core/src/event/a_test.cpp": ""}, "event_tests (for example core/src/event/a_test.cpp) has no row")
        self.finds({table: self.ROW}, "event_tests has no _test.cpp")
        self.finds({table: "# " + self.ROW, "core/src/event/a_test.cpp": ""}, "has no row")
        self.accepts({table: self.ROW, "core/src/event/a_test.cpp": ""})
        row = "tools | fast | 1 | - | unittest | python3 -m unittest discover -s tools/x -p *_test.py\n"
        self.finds({table: "", "tools/x/a_test.py": ""}, "no row discovers the tests of tools/x/")
        self.accepts({table: row, "tools/x/a_test.py": "", "tools/x/a.py": ""})


class Links(RuleCase):
    rule = links

    def test_links(self):
        self.finds({"docs/a.md": "see [b](b.md#part)\n"}, "'b.md' leads nowhere")
        self.accepts({"docs/a.md": "[b](b.md) [c](../docs/) [d](https://x.y) [e](#part)\n```\n[f](f.md)\n```\n", "docs/b.md": "x"})
