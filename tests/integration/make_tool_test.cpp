// SPDX-License-Identifier: Apache-2.0
// Goal: functions as tools run through the whole harness: off its I/O thread where they block, on it where they await,
// stopped when asked, and let go where they do not listen.
#include "orchestrator/harness/make_tool.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <thread>

#include "runtime/testing/gate.hpp"
#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

using runtime::testing::Gate;

struct Args {
  std::int32_t n = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(Args, (), (n, name))

constexpr const char* kTwoCalls = R"({"turns":[{"tool_calls":[{"id":"c1","name":"block","arguments":{"n":1}},
    {"id":"c2","name":"await","arguments":{"n":2,"name":"x"}}]},{"text":"Done."}]})";
constexpr const char* kOneCall =
    R"({"turns":[{"tool_calls":[{"id":"c1","name":"block","arguments":{"n":1}}]},{"text":"Done."}]})";

std::string text_of_parts(const std::vector<ContentPart>& parts) {
  return text_of(ConversationItem{MessageItem{Role::user, parts, {}}, {}});
}

Awaitable<std::string> answer_on_io_thread(Args args, std::atomic<std::thread::id>* ran_on) {
  *ran_on = std::this_thread::get_id();
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(std::chrono::milliseconds(1));
  co_await timer.async_wait(boost::asio::use_awaitable);
  EXPECT_EQ(std::this_thread::get_id(), ran_on->load());
  co_return "awaited " + args.name.value_or("nothing") + std::to_string(args.n);
}

TEST(MakeTool, BlockingFunctionsRunOffTheIoThreadAndCoroutinesOnIt) {
  std::atomic<std::thread::id> blocked_on;
  std::atomic<std::thread::id> awaited_on;
  const auto block = make_tool<Args>("block", "Blocks.", [&](const Args& args, const ToolContext& context) {
    blocked_on = std::this_thread::get_id();
    context.output->write("written, ");
    return "blocked " + std::to_string(args.n);
  });
  const auto await =
      make_tool<Args>("await", "Awaits.", [&](Args args) { return answer_on_io_thread(std::move(args), &awaited_on); });
  Harness harness = scripted_builder(kTwoCalls).tool(block).tool(await).build().value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto finished = of_type<StreamEvent::ToolCallFinished>(events);
  ASSERT_EQ(finished.size(), 2U);
  EXPECT_EQ(text_of_parts(finished[0].result), "written, blocked 1");
  EXPECT_EQ(text_of_parts(finished[1].result), "awaited x2");
  EXPECT_NE(blocked_on.load(), awaited_on.load());
  EXPECT_NE(blocked_on.load(), std::this_thread::get_id());
  EXPECT_NE(awaited_on.load(), std::this_thread::get_id());
}

TEST(MakeTool, WhatDoesNotFitTheStructNeverReachesTheFunction) {
  std::atomic<int> called = 0;
  const auto block = make_tool<Args>("block", "Blocks.", [&](const Args&) {
    called += 1;
    return std::string();
  });
  Harness harness =
      scripted_builder(
          R"({"turns":[{"tool_calls":[{"id":"c1","name":"block","arguments":{"n":4294967296,"m":1}}]},{"text":"."}]})")
          .tool(block)
          .build()
          .value();
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto finished = of_type<StreamEvent::ToolCallFinished>(events).at(0);
  EXPECT_EQ(finished.error->code, "tool_args_invalid");
  EXPECT_NE(finished.error->message.find("/n"), std::string::npos) << finished.error->message;
  EXPECT_NE(finished.error->message.find("/m"), std::string::npos) << finished.error->message;
  EXPECT_EQ(called, 0);
}

TEST(MakeTool, AnAbortStopsABlockingLoop) {
  Gate begun;
  Gate stopped;
  const auto block = make_tool<Args>("block", "Blocks.", [&](const Args&, const ToolContext& context) {
    begun.open();
    while (!context.cancellation.stop_requested()) std::this_thread::yield();
    stopped.open();
    return ToolResult::failure(ToolErrorCode::tool_cancelled, "stopped half way");
  });
  Harness harness = scripted_builder(kOneCall).tool(block).build().value();
  auto run = harness.session().run("Hi").start().value();
  ASSERT_TRUE(begun.wait());
  ASSERT_TRUE(run.abort());
  const auto events = all_events(run);
  EXPECT_EQ(types_of(events).back(), "Aborted");
  const auto finished = of_type<StreamEvent::ToolCallFinished>(events);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].error->message, "stopped half way");  // the function's own word, not the runtime's guess
  EXPECT_TRUE(stopped.wait());
}

TEST(MakeTool, AFunctionThatDoesNotListenHoldsUpNeitherTheRunNorTheHarness) {
  Gate begun;
  Gate gate;
  Gate returned;
  auto block = make_tool<Args>("block", "Blocks.", [&](const Args&, const ToolContext& context) {
    begun.open();
    gate.wait();
    context.output->write("nobody reads this");
    returned.open();
    return std::string("nor this");
  });
  {
    Harness harness = scripted_builder(kOneCall).tool(block).build().value();
    auto run = harness.session().run("Hi").start().value();
    ASSERT_TRUE(begun.wait());
    ASSERT_TRUE(run.abort());
    const auto events = all_events(run);
    EXPECT_EQ(types_of(events).back(), "Aborted");
    EXPECT_EQ(of_type<StreamEvent::ToolCallFinished>(events).at(0).outcome, ToolOutcome::unknown);
  }
  gate.open();
  EXPECT_TRUE(returned.wait());
  block.reset();  // waits for its thread, which refers to this frame
}

}  // namespace
}  // namespace orchestrator::harness::integration
