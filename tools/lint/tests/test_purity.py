# SPDX-License-Identifier: Apache-2.0
"""The purity rule: what may not stand in event, codec, kernel and sim, and what only looks like it."""

from lint.rules import purity
from lint.tests.rule_case import RuleCase


class Purity(RuleCase):
    rule = purity

    def kernel(self, text):
        return {"core/src/kernel/a.cpp": text}

    def test_headers(self):
        for name in ("thread", "mutex", "filesystem", "iostream", "random", "unordered_map", "chrono"):
            self.finds(self.kernel(f"#include <{name}>\n"), f"<{name}> in kernel")

    def test_words(self):
        for text in ("co_await x;", "getenv(name);", "std::chrono::steady_clock::now();", "auto t = time(nullptr);",
                     "int r = rand();", "std::unordered_set<int> s;", "std::cout << 1;", "std::thread t;", "printf(x);",
                     "static thread_local int n;"):
            self.assertTrue(self.messages(self.kernel(text + "\n")), text)

    def test_floating_point_is_banned_in_the_kernel_only(self):
        self.finds(self.kernel("double cost = 0;\n"), "'double' in kernel")
        self.accepts({"core/src/codec/a.cpp": "double temperature = 0;\n"})

    def test_what_only_looks_like_it(self):
        self.accepts(self.kernel('// co_await the thread\nauto s = "std::cout getenv(x)";\nauto t = run.time();\n'
                                 "auto u = time_us(3);\nint operand(int x);\nstd::string timeline(int a);\n"))

    def test_other_layers_tests_and_programs_are_free(self):
        self.accepts({"core/src/runtime/a.cpp": "#include <thread>\nco_await x;\n"})
        self.accepts({"core/src/kernel/a_test.cpp": "#include <fstream>\n"})
        self.accepts({"core/src/sim/sim_main.cpp": "#include <iostream>\n"})

    def test_event_level_public_headers_are_pure(self):
        self.finds({"core/include/orchestrator/harness/ids.hpp": "#include <chrono>\n"}, "<chrono> in event")
        self.accepts({"core/include/orchestrator/harness/run.hpp": "#include <chrono>\n"})

    def test_an_exemption_needs_a_reason(self):
        self.accepts(self.kernel("double x;  // lint-allow: purity a setting that is only passed on\n"))
        self.finds(self.kernel("double x;  // lint-allow: purity\n"), "'double'")
        self.finds(self.kernel("double x;  // lint-allow: layers a reason\n"), "'double'")
