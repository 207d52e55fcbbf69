# SPDX-License-Identifier: Apache-2.0
"""The rules on the outside of files: size, licence, opening comment, names."""

from lint.rules import file_size, header_shape, names, spdx
from lint.tests.rule_case import RuleCase

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


class FileSize(RuleCase):
    rule = file_size

    def test_sources_and_tests(self):
        self.accepts({"a.cpp": "x\n" * 600, "a_test.cpp": "x\n" * 900, "notes.md": "x\n" * 2000})
        self.finds({"a.cpp": "x\n" * 601}, "601 lines; at most 600")
        self.finds({"a_test.cpp": "x\n" * 901}, "901 lines; at most 900")


class Spdx(RuleCase):
    rule = spdx

    def test_languages(self):
        self.accepts({"a.cpp": LICENCE, "b.sh": "#!/bin/sh\n" + LICENCE.replace("//", "#"), "c.md": "x", "d.py": ""})
        self.finds({"a.cpp": "int x;\n"}, "does not start with '// SPDX")
        self.finds({"a.cpp": "\n" + LICENCE}, "a.cpp:1")
        self.finds({"CMakeLists.txt": "project(x)\n"}, "does not start with '# SPDX")
        self.finds({"b.sh": "#!/bin/sh\nls\n"}, "b.sh:2")
        self.finds({"a.hpp": LICENCE.replace("Apache-2.0", "MIT")}, "does not start")


class HeaderShape(RuleCase):
    rule = header_shape

    START = LICENCE + "#pragma once\n\n"
    SENTENCE = "// The number of an item in a list, counted from 0; a plain value.\n"
    PUBLIC = "core/include/orchestrator/harness/a.hpp"

    def test_a_good_header(self):
        self.accepts({"a.hpp": self.START + self.SENTENCE + "\nint x;\n"})
        self.accepts({self.PUBLIC: self.START + self.SENTENCE + self.SENTENCE + "\nint x;\n"})
        self.accepts({"a.cpp": "int x;\n"})

    def test_what_is_missing(self):
        self.finds({"a.hpp": LICENCE + self.SENTENCE}, "no '#pragma once'")
        self.finds({"a.hpp": self.START + "// Short.\n\n" + self.SENTENCE}, "no opening comment")
        self.finds({"a.hpp": self.START + "#include <x>\n" + self.SENTENCE}, "no opening comment")
        self.finds({"a.hpp": self.START}, "no opening comment")
        self.finds({"a.hpp": self.START + self.SENTENCE + "#ifndef A_HPP\n"}, "not an include guard")
        self.finds({self.PUBLIC: self.START + self.SENTENCE}, "opens with 2 to 6 lines")


class Names(RuleCase):
    rule = names

    def test_drawers(self):
        self.finds({"core/src/event/string_utils.cpp": ""}, "named after a drawer (utils)")
        self.finds({"core/common/a.cpp": ""}, "'core/common'")
        self.finds({"tools/helper.py": ""}, "drawer (helper)")
        self.accepts({"core/src/event/hash_chain.cpp": "", "docs/commonmark.md": ""})

    def test_case(self):
        self.finds({"core/src/event/HashChain.cpp": ""}, "snake_case")
