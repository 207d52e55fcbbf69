# SPDX-License-Identifier: Apache-2.0
"""The layer rule: arrows point down only, and foreign libraries stay where they belong."""

from lint.rules import layers
from lint.tests.rule_case import RuleCase

PUBLIC = "core/include/orchestrator/harness/"


class Layers(RuleCase):
    rule = layers

    def test_upward_include(self):
        files = {"core/src/event/a.cpp": '#include "codec/b.hpp"\n', "core/src/codec/b.hpp": ""}
        self.finds(files, "core/src/event/a.cpp:1: event may not use codec (codec/b.hpp); it may use no other layer")

    def test_downward_include(self):
        self.accepts({"core/src/kernel/a.cpp": '#include "codec/b.hpp"\n#include <vector>\n', "core/src/codec/b.hpp": ""})
        self.accepts({"cli/a.cpp": '#include "journal/b.hpp"\n', "core/src/journal/b.hpp": ""})

    def test_adapters_do_not_know_each_other(self):
        files = {"core/src/providers/a.cpp": '#include "journal/b.hpp"\n', "core/src/journal/b.hpp": ""}
        self.finds(files, "providers may not use journal")

    def test_relative_include_counts(self):
        files = {"core/src/kernel/x/a.cpp": '#include "../../runtime/b.hpp"\n', "core/src/runtime/b.hpp": ""}
        self.accepts({"core/src/kernel/x/a.cpp": '#include "b.hpp"\n', "core/src/kernel/x/b.hpp": ""})
        self.finds({**files, "core/src/kernel/x/a.cpp": '#include "runtime/b.hpp"\n'}, "kernel may not use runtime")

    def test_public_headers_have_layers(self):
        include = "#include <orchestrator/harness/run.hpp>\n"
        self.finds({"core/src/kernel/a.cpp": include, PUBLIC + "run.hpp": ""}, "kernel may not use runtime")
        self.finds({PUBLIC + "errors.hpp": include, PUBLIC + "run.hpp": ""}, "event may not use runtime")
        self.accepts({PUBLIC + "run.hpp": "#include <orchestrator/harness/errors.hpp>\n", PUBLIC + "errors.hpp": ""})

    def test_public_headers_include_installed_ones_only(self):
        files = {PUBLIC + "run.hpp": '#include "kernel/b.hpp"\n', "core/src/kernel/b.hpp": ""}
        self.finds(files, "which is not installed")
        self.finds({PUBLIC + "run.hpp": "#include <curl/curl.h>\n"}, "only Boost may appear")

    def test_foreign_libraries(self):
        self.finds({"core/src/kernel/a.cpp": "#include <boost/asio/post.hpp>\n"}, "<boost/asio/post.hpp> in kernel")
        self.finds({"core/src/journal/a.cpp": "#include <curl/curl.h>\n"}, "<curl/curl.h> in journal")
        self.finds({"core/src/event/a.cpp": "#include <gtest/gtest.h>\n"}, "it belongs in: tests")
        self.accepts({"core/src/event/a_test.cpp": "#include <gtest/gtest.h>\n"})
        self.accepts({"core/src/runtime/a.cpp": "#include <boost/asio/post.hpp>\n#include <curl/curl.h>\n"})

    def test_commented_include_is_none(self):
        self.accepts({"core/src/kernel/a.cpp": "// #include <boost/asio/post.hpp>\n"})

    def test_the_provider_header_serves_all_layers(self):
        self.accepts({"core/src/codec/a.cpp": '#include "orchestrator/harness/provider.hpp"\n', PUBLIC + "provider.hpp": ""})
        self.finds({PUBLIC + "provider.hpp": "#include <boost/asio/awaitable.hpp>\n"}, "<boost/asio/awaitable.hpp> in event")

    def test_the_token_counter_stands_below_the_runtime(self):
        include = '#include "orchestrator/harness/token_counter.hpp"\n'
        files = {PUBLIC + "token_counter.hpp": ""}
        self.accepts({**files, "core/src/tokens/a.cpp": include + "#include <pcre2.h>\n", "core/src/runtime/a.cpp": include})
        self.finds({**files, "core/src/kernel/a.cpp": include}, "kernel may not use tokens")
        self.finds({"core/src/runtime/a.cpp": "#include <pcre2.h>\n"}, "it belongs in: tokens")

    def test_the_daemon_stands_on_the_command_line(self):
        files = {"daemon/a.cpp": '#include "cli/b.hpp"\n#include "storage/c.hpp"\n', "cli/b.hpp": "", "core/src/storage/c.hpp": ""}
        self.accepts(files)
        self.finds({"cli/b.cpp": '#include "daemon/a.hpp"\n', "daemon/a.hpp": ""}, "cli may not use daemon")

    def test_unknown_layer(self):
        self.finds({"core/src/stuff/a.cpp": ""}, "'stuff' is no known layer")

    def test_tests_folder_may_use_all(self):
        self.accepts({"tests/integration/a_test.cpp": '#include "journal/b.hpp"\n', "core/src/journal/b.hpp": ""})
