// SPDX-License-Identifier: Apache-2.0
// Goal: what a function returns is the result of its call, and a function that blocks holds up nobody else: not the
// thread that waits, nor, once it is let go, the end of that thread's context.
#include "orchestrator/harness/make_tool.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "runtime/blocking_tool.hpp"
#include "runtime/testing/gate.hpp"
#include "runtime/testing/run_awaitable.hpp"

namespace orchestrator::harness {
namespace {

namespace asio = boost::asio;
using runtime::testing::Gate;

enum class Colour : std::uint8_t { red, green };
BOOST_DESCRIBE_ENUM(Colour, red, green)

struct Place {
  std::int32_t line = 0;
  std::optional<double> share;
};
BOOST_DESCRIBE_STRUCT(Place, (), (line, share))

struct Found {
  std::string name;
  Colour colour = Colour::red;
  bool is_new = false;
  std::uint64_t size = 0;
  std::vector<Place> places;
  std::map<std::string, float> weights;
  std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(Found, (), (name, colour, is_new, size, places, weights, note))

struct Args {
  std::int32_t n = 0;
};
BOOST_DESCRIBE_STRUCT(Args, (), (n))

class Written : public ToolOutput {
 public:
  void write(std::string_view text) override {
    const std::scoped_lock lock(mutex_);
    text_ += text;
  }
  std::string text() const {
    const std::scoped_lock lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

ToolResult run(Tool& tool, const std::string& arguments, ToolContext context = {}) {
  asio::io_context io;
  return runtime::testing::run_awaitable(io, tool.execute({"c1", tool.spec().name, {arguments}}, {}, context));
}

std::string shown(const ToolResult& result) {
  if (result.error) return std::string(name_of(result.error->code)) + " " + result.error->message;
  if (const auto* text = std::get_if<TextPart>(&result.parts.at(0))) return text->text;
  return std::get<JsonPart>(result.parts.at(0)).json.text;
}

TEST(MakeTool, DeclaresWhatItsOptionsSay) {
  const auto tool = make_tool<Args>("act", "Acts.", [](const Args&) { return std::string("done"); },
                                    {.effect_class = EffectClass::pure,
                                     .approval = ApprovalNeed::ask,
                                     .timeout_ms = 7,
                                     .output_bytes_max = 8,
                                     .strict = true,
                                     .reach = ToolReach::secrets,
                                     .is_output_trusted = true,
                                     .fields = {{"n", "How often."}}});
  ToolSpec expected;
  expected.name = "act";
  expected.description = "Acts.";
  expected.input_schema = {arguments_schema<Args>(std::vector<FieldDescription>{{"n", "How often."}})};
  expected.strict = true;
  expected.effect_class = EffectClass::pure;
  expected.approval = ApprovalNeed::ask;
  expected.timeout_ms = 7;
  expected.output_bytes_max = 8;
  expected.reach = ToolReach::secrets;
  expected.is_output_trusted = true;
  EXPECT_EQ(tool->spec(), expected);
  ToolRegistry registry;
  EXPECT_TRUE(registry.add(tool));
}

TEST(MakeTool, EveryKindOfReturnIsAResult) {
  const auto text = make_tool<Args>("f", "", [](Args args) { return "n is " + std::to_string(args.n); });
  EXPECT_EQ(shown(run(*text, R"({"n":3})")), "n is 3");
  EXPECT_EQ(shown(run(*text, R"({"n":"x"})")),
            R"(tool_args_invalid /n: is "x", must be an integer in the range of its field)");
  const auto result = make_tool<Args>("f", "", [](Args, const ToolContext& context) {
    return ToolResult::failure(ToolErrorCode::not_found, context.call_id + " found nothing");
  });
  ToolContext context;
  context.call_id = "c7";
  EXPECT_EQ(shown(run(*result, R"({"n":3})", context)), "not_found c7 found nothing");
  const auto fails = make_tool<Args>(
      "f", "", [](Args) -> Result<std::string> { return fail(RuntimeErrorCode::storage_full, "no room", "/x"); });
  const ToolResult failed = run(*fails, R"({"n":3})");
  EXPECT_EQ(shown(failed), "tool_failed storage_full: no room");
  EXPECT_EQ(failed.error->at, "/x");
  EXPECT_EQ(failed.outcome, ToolOutcome::error);
  const auto own =
      make_tool<Args>("f", "", [](Args) -> Result<std::string> { return fail(ToolErrorCode::stale_file, "changed"); });
  EXPECT_EQ(shown(run(*own, R"({"n":3})")), "stale_file changed");
  const auto throws = make_tool<Args>("f", "", [](Args) -> std::string { throw std::runtime_error("it broke"); });
  EXPECT_THROW(run(*throws, R"({"n":3})"), std::runtime_error);
}

TEST(MakeTool, AStructIsShownAsJson) {
  const auto tool = make_tool<Args>("f", "", [](Args) {
    return Found{"a\"\xff", Colour::green, true, 18'446'744'073'709'551'615U, {{-1, 0.1}, {2, {}}}, {{"x", 0.5F}}, {}};
  });
  EXPECT_EQ(shown(run(*tool, R"({"n":3})")), R"({"name":"a\")"
                                             "\xEF\xBF\xBD"
                                             R"(","colour":"green","is_new":true,"size":18446744073709551615,)"
                                             R"("places":[{"line":-1,"share":0.1},{"line":2}],"weights":{"x":0.5}})");
  EXPECT_EQ(shown(to_tool_result(Found{})),
            R"({"name":"","colour":"red","is_new":false,"size":0,"places":[],"weights":{}})");
  EXPECT_EQ(shown(to_tool_result(Place{1, std::numeric_limits<double>::quiet_NaN()})), R"({"line":1,"share":NaN})");
}

Awaitable<Result<Found>> find_it(Args args) {
  Found found;
  found.size = static_cast<std::uint64_t>(args.n);
  co_return found;
}

TEST(MakeTool, ACoroutineIsATool) {
  const auto tool = make_tool<Args>("f", "", find_it);
  EXPECT_NE(shown(run(*tool, R"({"n":3})")).find(R"("size":3)"), std::string::npos);
  EXPECT_EQ(run(*tool, R"({})").error->code, ToolErrorCode::tool_args_invalid);
}

TEST(MakeTool, AHandWrittenSchemaGivesTheArgumentsAsTheyAre) {
  ToolSpec spec;
  spec.name = "f";
  spec.input_schema = {R"({"type":"object"})"};
  const auto tool = make_tool(spec, [](RawJson json, const ToolContext&) { return json.text; });
  EXPECT_EQ(shown(run(*tool, R"({"a": 1.50})")), R"({"a": 1.50})");
  EXPECT_EQ(tool->spec(), spec);
}

// Blocking functions.

TEST(BlockingTool, ACallThatWaitsForAThreadIsStoppedWithoutOne) {
  Gate gate;
  std::atomic<int> begun = 0;
  const auto tool = make_tool<Args>("f", "", [&](Args) {
    begun += 1;
    gate.wait();
    return std::string("done");
  });
  asio::io_context io;
  std::stop_source stop;
  int done = 0;
  std::optional<ToolResult> last;
  for (std::size_t i = 0; i <= runtime::kBlockingThreadsMax; ++i) {
    const bool is_last = i == runtime::kBlockingThreadsMax;
    ToolContext context;
    if (is_last) context.cancellation = stop.get_token();
    asio::co_spawn(io, tool->execute({"c", "f", {R"({"n":1})"}}, {}, context),
                   [&, is_last](const std::exception_ptr& failure, ToolResult result) {
                     EXPECT_FALSE(failure);
                     done += 1;
                     if (!is_last) return;
                     last = std::move(result);
                     gate.open();
                   });
  }
  io.poll();
  stop.request_stop();
  io.run_for(runtime::testing::kTestPatience);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->outcome, ToolOutcome::cancelled);
  EXPECT_EQ(done, static_cast<int>(runtime::kBlockingThreadsMax) + 1);
  EXPECT_EQ(begun, static_cast<int>(runtime::kBlockingThreadsMax));
}

TEST(BlockingTool, TooManyWaitingCallsAreRefused) {
  Gate gate;
  const auto tool = make_tool<Args>("f", "", [&](Args) {
    gate.wait();
    return std::string("done");
  });
  asio::io_context io;
  int refused = 0;
  int done = 0;
  // One more than can be under way, whether or not the threads have taken up theirs yet.
  for (std::size_t i = 0; i <= runtime::kBlockingThreadsMax + runtime::kBlockingCallsWaitingMax; ++i) {
    asio::co_spawn(io, tool->execute({"c", "f", {R"({"n":1})"}}, {}, {}),
                   [&](const std::exception_ptr&, const ToolResult& result) {
                     (result.error ? refused : done) += 1;
                     gate.open();
                   });
  }
  io.run_for(runtime::testing::kTestPatience);
  EXPECT_GE(refused, 1);
  EXPECT_EQ(refused + done, static_cast<int>(runtime::kBlockingThreadsMax + runtime::kBlockingCallsWaitingMax) + 1);
}

TEST(BlockingTool, TheContextMayEndBeforeTheFunction) {
  Gate begun;
  Gate gate;
  Gate returns;
  Written output;
  auto tool = make_tool<Args>("f", "", [&](Args, const ToolContext& context) {
    context.output->write("early");
    begun.open();
    gate.wait();
    context.output->write("late");
    returns.open();
    return std::string("done");
  });
  auto io = std::make_unique<asio::io_context>();
  ToolContext context;
  context.output = &output;
  asio::co_spawn(*io, tool->execute({"c", "f", {R"({"n":1})"}}, {}, context),
                 [](const std::exception_ptr&, const ToolResult&) { ADD_FAILURE() << "the call is gone"; });
  io->poll();
  ASSERT_TRUE(begun.wait());
  io.reset();
  gate.open();
  ASSERT_TRUE(returns.wait());
  tool.reset();  // waits for its thread
  EXPECT_EQ(output.text(), "early");
}

}  // namespace
}  // namespace orchestrator::harness
