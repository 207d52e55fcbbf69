# SPDX-License-Identifier: Apache-2.0
"""Public functions and classes need comments; values, constructors and private parts do not."""

from lint.rules import public_docs
from lint.tests.rule_case import RuleCase


class PublicDocs(RuleCase):
    rule = public_docs

    def header(self, text):
        return {"core/include/orchestrator/harness/a.hpp": "namespace x {\n\n" + text + "\n}  // namespace x\n"}

    def test_functions(self):
        self.finds(self.header("int f(int a);"), "function f has no comment")
        self.finds(self.header("template <class T>\nstd::map<int, T> f(T a = {}) {\n  return {};\n}"), "function f")
        self.accepts(self.header("/// Doubles `a`.\nint f(int a);"))
        self.accepts(self.header("int f(int a);  // doubles `a`"))

    def test_a_group_shares_a_comment(self):
        self.accepts(self.header("/// By name and by number.\nint f(int a);\nint f(char a);"))
        self.finds(self.header("/// By name.\nint f(int a);\n\nint g(char a);"), "function g")

    def test_classes(self):
        self.finds(self.header("class Run final {\n private:\n  int x_;\n};"), "class Run has no comment")
        text = "/// A run.\nclass Run {\n public:\n  Run();\n  ~Run();\n  int f();\n\n private:\n  int g();\n};"
        self.finds(self.header(text), "function f")
        self.accepts(self.header(text.replace("  int f();\n", "")))

    def test_values_speak_for_themselves(self):
        self.accepts(self.header("struct A {\n  int a = 0;\n  std::function<void(int)> b;\n"
                                 "  bool operator==(const A&) const = default;\n};\nenum class B { x, y };\nclass C;"))

    def test_private_headers_are_free(self):
        self.accepts({"core/src/event/a.hpp": "int f(int a);\n"})
