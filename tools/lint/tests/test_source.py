# SPDX-License-Identifier: Apache-2.0
"""What is code and what is not: comments, strings, raw strings, characters, includes, statements."""

import unittest

from lint.cpp_text import statement_around, without_lambda_bodies
from lint.source import Source


class Code(unittest.TestCase):
    def code(self, text):
        blanked = Source("a.cpp", text).code
        self.assertEqual(len(blanked), len(text))
        self.assertEqual(blanked.count("\n"), text.count("\n"))
        return blanked

    def test_comments_and_literals_are_blanked(self):
        self.assertEqual(self.code("a; // b\nc;").split(), ["a;", "c;"])
        self.assertEqual(self.code("a /* b\n c */ d").split(), ["a", "d"])
        self.assertNotIn("b", self.code('a("b \\" b // b")'))
        self.assertNotIn("b", self.code('a(R"x(b " )" b)x")'))
        self.assertNotIn("b", self.code("a('b', '\\'', 'b')"))

    def test_digit_separators_are_no_characters(self):
        self.assertIn("bound", self.code("int a = 1'000'000; int bound = 2'000;"))

    def test_includes(self):
        source = Source("a.cpp", '#include <x>\n// #include <y>\n#  include "z/w.hpp"\n')
        self.assertEqual(source.includes, [("x", 1), ("z/w.hpp", 3)])


class Statements(unittest.TestCase):
    def test_statement_around(self):
        code = "void f() { int a{1}; g(x, co_await h({1})); b(); }"
        self.assertEqual(statement_around(code, code.index("co_await")).strip(), "g(x, co_await h({1}))")
        code = "if (co_await h()) { Foo a{1}; }"
        self.assertEqual(statement_around(code, code.index("co_await")).strip(), "if (co_await h())")

    def test_lambda_bodies(self):
        self.assertEqual(without_lambda_bodies("f([a] { b{1}; }, c)").replace(" ", ""), "f([a]{},c)")


if __name__ == "__main__":
    unittest.main()
