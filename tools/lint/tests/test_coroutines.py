# SPDX-License-Identifier: Apache-2.0
"""The coroutine rule finds each trap in the forms that people write, and leaves the safe forms alone."""

from lint.rules import coroutines
from lint.tests.rule_case import RuleCase

CHECK = "core/include/orchestrator/harness/awaitable.hpp"


class Coroutines(RuleCase):
    rule = coroutines

    def body(self, text):
        return {"core/src/runtime/a.cpp": "awaitable<void> f(int x) {\n" + text + "\n}\n"}

    def test_braced_temporary(self):
        for text in ("co_await call(Request{.model = m});", "co_await call({1, 2});", "Agg a{.x = co_await h()};",
                     "auto r = co_await object->run(Request{});", "g(co_await h(), Event{1});",
                     "co_return Pair{co_await a(), 2};", "if (co_await call(Request{1})) {\n  x();\n}"):
            self.finds(self.body(text), "braced temporary")

    def test_safe_values(self):
        for text in ("Request request{.model = m};\nauto r = co_await call(std::move(request));",
                     "co_return Event{1};", "if (co_await call(x)) {\n  Event event{1};\n}",
                     "for (;;) {\n  co_await tick();\n}", "try {\n  co_await tick();\n} catch (...) {\n}",
                     "while (!done) {\n  int n{3};\n  const auto r = co_await read(n);\n  use(r);\n}",
                     "co_await call([](int n) -> int {\n  Event e{n};\n  return e.n;\n});"):
            self.accepts(self.body(text))

    def test_capturing_lambda_in_the_statement(self):
        self.finds(self.body("co_await run([x](auto h) { h(x); }, token);"), "capturing lambda in one statement")
        self.accepts(self.body("auto start = [x](auto h) { h(x); };\nco_await run(start, token);"))

    def test_capturing_lambda_coroutine(self):
        self.finds(self.body("spawn(ex, [this]() -> awaitable<void> { co_return; });"), "a lambda with captures")
        self.accepts(self.body("spawn(ex, []() -> awaitable<void> { co_return; });"))
        self.accepts(self.body("post(ex, [this] { tick(); });\nint a[3];\na[x] = 2;"))

    def test_parameters(self):
        def declare(text):
            return {"core/src/runtime/a.hpp": text + "\n"}

        self.finds(declare("awaitable<void> f(const std::string& s, int n);"), "'const std::string& s' may dangle")
        self.finds(declare("boost::asio::awaitable<Result<int>> f(std::string_view s);"), "std::string_view s")
        self.finds(declare("virtual Awaitable<int> g(std::span<const char> s) = 0;"), "std::span<const char> s")
        self.finds(declare("auto f(Foo&& x) -> boost::asio::awaitable<void>;"), "Foo&& x")
        self.finds(declare("boost::asio::awaitable<void> Foo::f(Bar& bar) {"), "Bar& bar")
        self.accepts(declare("Awaitable<Result<int>> f(std::string s, Foo* owner, std::vector<int> v = {});"))
        self.accepts(declare("Awaitable<void> f(std::function<void(const Event&)> handler, std::vector<std::string_view> v);"))
        self.finds(declare("Awaitable<void> f(const std::map<int, int>& m);"), "m' may dangle")
        self.accepts(declare("void h(const std::string& s);\nstd::function<Awaitable<void>(int)> callback;"))

    def test_an_exemption(self):
        self.accepts({"a.hpp": "// lint-allow: coroutines the caller awaits at once\nawaitable<void> f(Foo& x);\n"})

    def test_bans(self):
        self.finds({"a.cpp": "#include <boost/asio/experimental/awaitable_operators.hpp>\n"}, "awaitable_operators")
        self.finds({"a.cpp": "#include <boost/asio.hpp>\n"}, "<boost/asio.hpp> is banned")
        self.finds({"a.cpp": "co_spawn(ex, f(), asio::detached);\n"}, "'detached' loses exceptions")
        self.accepts({"a.cpp": "// a detached task\n#include <boost/asio/co_spawn.hpp>\n"})

    def test_statement_expression(self):
        self.finds({"a.cpp": "#define TRY(x) ({ auto r = (x); r; })\n"}, "statement expression")
        self.accepts({"a.cpp": "f({1, 2});\ng({.a = 1});\nh({[] { return 1; }});\n"})

    def test_every_coroutine_reaches_the_compiler_check(self):
        files = {CHECK: "#pragma once\n", "core/src/runtime/a.cpp": "awaitable<void> f() { co_return; }\n"}
        self.finds(files, "does not include orchestrator/harness/awaitable.hpp")
        files["core/src/runtime/a.cpp"] += '#include "runtime/b.hpp"\n'
        files["core/src/runtime/b.hpp"] = "#include <orchestrator/harness/awaitable.hpp>\n"
        self.accepts(files)

    def test_the_pure_layers_may_declare_an_awaitable(self):
        declared = "template <class T> using Awaitable = asio::awaitable<T>;\nAwaitable<int> f();\n"
        self.accepts({CHECK: "#pragma once\n", "core/include/orchestrator/harness/provider.hpp": declared})
        self.finds({CHECK: "#pragma once\n", "core/include/orchestrator/harness/run.hpp": declared}, "does not include")
