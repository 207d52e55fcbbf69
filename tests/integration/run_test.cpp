// SPDX-License-Identifier: Apache-2.0
// Goal: a run through the real runtime, store and decoder, by each of the three fronts. Method: scripts in place of a
// model, every journal through the invariants.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <future>

#include "scripted_harness.hpp"

namespace orchestrator::harness::integration {
namespace {

constexpr const char* kHello =
    R"({"turns":[{"reasoning":"Think.","text":"Hello, world!","usage":{"input":7,"cached_input":2,"output":5,"reasoning":1}}]})";

TEST(Run, StreamsAnAnswerInOrderAndCompletes) {
  Harness harness = scripted_harness(kHello);
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);

  std::string text;
  std::string reasoning;
  for (const auto& delta : of_type<StreamEvent::OutputDelta>(events)) text += delta.text;
  for (const auto& delta : of_type<StreamEvent::ReasoningDelta>(events)) reasoning += delta.text;
  EXPECT_EQ(text, "Hello, world!");
  EXPECT_EQ(reasoning, "Think.");
  EXPECT_EQ(events.front().type(), "RunStarted");
  const auto completed = of_type<StreamEvent::Completed>(events);
  ASSERT_EQ(completed.size(), 1U);
  EXPECT_EQ(completed[0].output, "Hello, world!");
  EXPECT_EQ(completed[0].usage.input, 7U);
  EXPECT_EQ(completed[0].usage.cached_input, 2U);
  EXPECT_EQ(completed[0].usage.reasoning, 1U);
  EXPECT_FALSE(completed[0].cost_micro_usd.has_value());
  EXPECT_TRUE(completed[0].latencies.first_token_us.has_value());
}

TEST(Run, IsReadByCoroutineOnTheHarnessThread) {
  Harness harness = scripted_harness(kHello);
  auto run = harness.session().run("Hi").start().value();
  auto result = boost::asio::co_spawn(harness.executor(), run.result(), boost::asio::use_future).get();
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->text, "Hello, world!");
}

TEST(Run, IsReadByCallbackInOrder) {
  Harness harness = scripted_harness(kHello);
  auto run = harness.session().run("Hi").start().value();
  std::promise<Result<void>> ended;
  std::vector<std::uint64_t> seqs;
  run.subscribe([&](const StreamEvent& event) { seqs.push_back(event.meta.seq); },
                [&](Result<void> end) { ended.set_value(std::move(end)); });
  ASSERT_TRUE(ended.get_future().get().has_value());
  ASSERT_FALSE(seqs.empty());
  for (std::size_t i = 0; i < seqs.size(); ++i) EXPECT_EQ(seqs[i], i + 1);
}

// Tells when the harness that it belongs to is gone.
class LastWord final : public LogSink {
 public:
  ~LastWord() override { gone.set_value(); }
  bool wants(std::string_view, LogLevel) const override { return false; }
  void write(const LogLine&) override {}
  std::promise<void> gone;
};

TEST(Run, ACallbackMayBeTheLastThatKnowsOfItsHarness) {
  std::promise<void> released;
  std::future<void> gone;
  {
    auto sink = std::make_shared<LastWord>();
    gone = sink->gone.get_future();
    Harness harness = scripted_builder(kHello).log(std::move(sink)).build().value();
    auto run = harness.session().run("Hi").start().value();
    run.subscribe([](const StreamEvent&) {},
                  [waits = std::make_shared<std::future<void>>(released.get_future())](const Result<void>&) {
                    if (waits->valid()) waits->get();
                  });
  }
  released.set_value();
  gone.get();  // taken down on no thread of its own, or this would never come
}

TEST(Run, GivesEveryReaderTheSameEventsWheneverItComes) {
  Harness harness = scripted_harness(kHello);
  auto run = harness.session().run("Hi").start().value();
  const auto first = all_events(run);
  RunHandle late = run.reader();
  EXPECT_EQ(all_events(late), first);
  RunHandle stored = harness.open_run(run.id()).value();
  EXPECT_EQ(all_events(stored), first);
  RunHandle rest = run.reader(first.size() - 2);
  EXPECT_EQ(rest.next_blocking().value()->meta.seq, first.size() - 1);
}

TEST(Run, RefusesBlockingCallsOnItsOwnThread) {
  Harness harness = scripted_harness(kHello);
  auto builder = harness.session().run("Hi");
  auto refused =
      boost::asio::post(harness.executor(), boost::asio::use_future([&] { return builder.start().error().code; }));
  EXPECT_EQ(refused.get(), "not_supported");
}

TEST(Run, NamesWhatIsWrongWithARequest) {
  Harness harness = scripted_harness(kHello);
  Session session = harness.session();
  EXPECT_EQ(session.run("").start().error().code, "invalid_argument");
  EXPECT_EQ(session.run("\xff").start().error().code, "invalid_argument");
  EXPECT_EQ(session.run("Hi").temperature(3).start().error().at, "settings.temperature");
  EXPECT_EQ(session.run("Hi").model("nonsense").start().error().code, "invalid_argument");
  const auto unknown = session.run("Hi").model("scriptd/x").start().error();
  EXPECT_EQ(unknown.code, "unknown_provider");
  EXPECT_NE(unknown.message.find("did you mean 'scripted'"), std::string::npos) << unknown.message;
  for (const char* script : {"scripted/absent.json", "scripted//dev/zero", "scripted//tmp"}) {
    EXPECT_EQ(session.run("Hi").model(script).start().error().code, "script_invalid") << script;
  }
  EXPECT_EQ(session.run("Hi").traceparent("00-xyz").start().error().at, "traceparent");
  Budgets budgets;
  budgets.cost_micro_usd = 5;
  EXPECT_EQ(session.run("Hi").budgets(budgets).start().error().code, "budget_unpriced");
  // Nothing of all that is left behind.
  auto run = session.run("Hi").start().value();
  EXPECT_TRUE(run.wait().value().is_completed());
}

TEST(Run, KeepsWhatCameBeforeAFailure) {
  Harness harness = scripted_harness(
      R"({"turns":[{"text":"A long enough beginning.","delta_chars":3,"faults":[{"kind":"cut","after_bytes":1800}]}]})");
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto errors = of_type<StreamEvent::Error>(events);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].error.code, "provider_stream_truncated");
  std::string text;
  for (const auto& delta : of_type<StreamEvent::OutputDelta>(events)) text += delta.text;
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(errors[0].partial_output, text);
}

TEST(Run, CarriesTheCallersTrace) {
  Harness harness = scripted_harness(kHello);
  auto run = harness.session()
                 .run("Hi")
                 .traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                 .start()
                 .value();
  for (const StreamEvent& event : all_events(run)) {
    EXPECT_EQ(event.meta.trace_id.str(), "0af7651916cd43dd8448eb211c80319c");
    if (event.get_if<StreamEvent::RunStarted>()) EXPECT_EQ(event.meta.parent_span_id->str(), "b7ad6b7169203331");
  }
}

TEST(Run, AnswersACallOfAToolThatIsNotThere) {
  Harness harness = scripted_harness(
      R"({"turns":[{"tool_calls":[{"id":"c1","name":"lookup","arguments":{"q":1}}]},{"text":"Without it, then."}]})");
  auto run = harness.session().run("Hi").start().value();
  const auto events = all_events(run);
  const auto finished = of_type<StreamEvent::ToolCallFinished>(events);
  ASSERT_EQ(finished.size(), 1U);
  EXPECT_EQ(finished[0].error->code, "unknown_tool");
  EXPECT_EQ(of_type<StreamEvent::Completed>(events).at(0).output, "Without it, then.");
}

TEST(Harness, SharesNothingWithAnotherOne) {
  Harness one = scripted_harness(R"({"turns":[{"text":"one"}]})");
  Harness two = scripted_harness(R"({"turns":[{"text":"two"}]})");
  auto first = one.session().run("Hi").start().value();
  auto second = two.session().run("Hi").start().value();
  EXPECT_EQ(first.wait().value().text, "one");
  EXPECT_EQ(second.wait().value().text, "two");
  EXPECT_EQ(two.open_run(first.id()).error().code, "run_not_found");
}

TEST(Harness, RefusesRunsOnceClosedAndItsReadersStillRead) {
  Harness harness = scripted_harness(kHello);
  Session session = harness.session();
  auto run = session.run("Hi").start().value();
  ASSERT_TRUE(run.wait().has_value());
  harness.close();
  EXPECT_EQ(session.run("Hi").start().error().code, "harness_closed");
  RunHandle late = run.reader();
  EXPECT_EQ(all_events(late).back().type(), "Completed");
}

}  // namespace
}  // namespace orchestrator::harness::integration
