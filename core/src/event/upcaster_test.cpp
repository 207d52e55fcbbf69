// SPDX-License-Identifier: Apache-2.0
// Goal: data of an older version becomes that of a newer one, step by step. Method: one worked example, a type whose
// shape changed twice, with its golden data of each version.

#include "event/upcaster.hpp"

#include "event/canonical_event.hpp"
#include "event/testing/golden_file.hpp"

#include <gtest/gtest.h>

#include <array>

namespace orchestrator::harness::event {
namespace {

// Version 1 of `Measured` held milliseconds and one label; version 2 microseconds; version 3 a list of labels.
constexpr std::array kTable{
    Upcaster{"Measured", 1,
             [](boost::json::object& data) {
               data["took_us"] = data.at("took_ms").to_number<std::int64_t>() * 1'000;
               data.erase("took_ms");
             }},
    Upcaster{"Measured", 2,
             [](boost::json::object& data) {
               data["labels"] = boost::json::array{data.at("label")};
               data.erase("label");
             }},
    Upcaster{"Other", 1, [](boost::json::object& data) { data["touched"] = true; }},
};

boost::json::object object_of(std::string_view text) {
  return boost::json::parse({text.data(), text.size()}).as_object();
}

TEST(Upcaster, BringsEachVersionToTheNewest) {
  const auto newest = object_of(R"({"took_us":7000,"labels":["fast"]})");
  for (const auto& [version, text] :
       {std::pair{1U, R"({"took_ms":7,"label":"fast"})"}, std::pair{2U, R"({"took_us":7000,"label":"fast"})"},
        std::pair{3U, R"({"took_us":7000,"labels":["fast"]})"}}) {
    boost::json::object data = object_of(text);
    ASSERT_TRUE(upcast(kTable, "Measured", version, 3, data)) << text;
    EXPECT_EQ(data, newest) << text;
  }
}

TEST(Upcaster, StopsAtTheTarget) {
  boost::json::object data = object_of(R"({"took_ms":7,"label":"fast"})");
  ASSERT_TRUE(upcast(kTable, "Measured", 1, 2, data));
  EXPECT_EQ(data, object_of(R"({"took_us":7000,"label":"fast"})"));
}

TEST(Upcaster, LeavesTypesWithoutAnEntryAlone) {
  boost::json::object data = object_of(R"({"took_ms":7})");
  ASSERT_TRUE(upcast(kTable, "Unchanged", 1, 3, data));
  EXPECT_EQ(data, object_of(R"({"took_ms":7})"));
}

TEST(Upcaster, RefusesWhatIsNewerThanTheBuild) {
  boost::json::object data;
  const auto done = upcast(kTable, "Measured", 4, 3, data);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, "version_too_new");
  EXPECT_NE(done.error().message.find("version 4"), std::string::npos);
  EXPECT_NE(done.error().message.find("up to 3"), std::string::npos);
  EXPECT_EQ(done.error().at, "/v");
}

StreamEvent event_of(const std::string& version, std::string_view type) {
  std::string text =
      read_text_file(repository_path("tests/golden/events_of_" + version + "/" + std::string(type) + ".json"));
  text.pop_back();
  auto event = decode_event(text);
  EXPECT_TRUE(event) << event.error().message << " at " << event.error().at;
  return event.value_or(StreamEvent{});
}

TEST(Upcaster, ReadsTheEventsOf010) {
  const StreamEvent started = event_of("0_1_0", "RunStarted");
  const auto* run = started.get_if<StreamEvent::RunStarted>();
  ASSERT_NE(run, nullptr);
  ToolPolicy as_before;
  as_before.injection = InjectionStance::off;
  EXPECT_EQ(run->tool_policy, as_before);
  EXPECT_EQ(run->workspace, "");
  ASSERT_EQ(run->tools.size(), 1U);
  EXPECT_EQ(run->tools.front().approval, ApprovalNeed::none);
  EXPECT_EQ(run->tools.front().timeout_ms, ToolSpec{}.timeout_ms);
  EXPECT_EQ(run->tools.front().output_bytes_max, ToolSpec{}.output_bytes_max);

  const StreamEvent finished = event_of("0_1_0", "ToolCallFinished");
  ASSERT_NE(finished.get_if<StreamEvent::ToolCallFinished>(), nullptr);
  EXPECT_EQ(finished.get_if<StreamEvent::ToolCallFinished>()->full_output, std::nullopt);
}

TEST(Upcaster, ReadsTheEventsOf011) {
  const StreamEvent started = event_of("0_1_1", "RunStarted");
  const auto* run = started.get_if<StreamEvent::RunStarted>();
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->retries.attempts_max, 1U) << "what 0.1.1 began makes no attempt again";
  EXPECT_EQ(run->timeouts.first_token_ms, std::nullopt);
  EXPECT_FALSE(run->budgets.allow_unpriced);
  EXPECT_EQ(run->model_plan.needs, ModelNeeds{});
  ASSERT_EQ(run->offers.size(), 1U);
  EXPECT_EQ(run->offers.front().price, std::nullopt);

  const StreamEvent selected = event_of("0_1_1", "ModelSelected");
  ASSERT_NE(selected.get_if<StreamEvent::ModelSelected>(), nullptr);
  EXPECT_TRUE(selected.get_if<StreamEvent::ModelSelected>()->rejected.empty());
  const StreamEvent requested = event_of("0_1_1", "ProviderRequested");
  ASSERT_NE(requested.get_if<StreamEvent::ProviderRequested>(), nullptr);
  EXPECT_EQ(requested.get_if<StreamEvent::ProviderRequested>()->max_output_tokens, std::nullopt);
  const StreamEvent timeout = event_of("0_1_1", "TimeoutFired");
  ASSERT_NE(timeout.get_if<StreamEvent::TimeoutFired>(), nullptr);
  EXPECT_EQ(timeout.get_if<StreamEvent::TimeoutFired>()->call_id, "");
}

TEST(Upcaster, ReadsTheEventsOf012) {
  const StreamEvent started = event_of("0_1_2", "RunStarted");
  const auto* run = started.get_if<StreamEvent::RunStarted>();
  ASSERT_NE(run, nullptr);
  ContextPolicy as_before;  // history alone goes, and no more of it than must
  as_before.fill_percent = 100;
  as_before.recent_turns = 4'294'967'295;
  EXPECT_EQ(run->context, as_before);
  const StreamEvent trimmed = event_of("0_1_2", "ContextTrimmed");
  ASSERT_NE(trimmed.get_if<StreamEvent::ContextTrimmed>(), nullptr);
  EXPECT_EQ(trimmed.get_if<StreamEvent::ContextTrimmed>()->own_items, 0U);
  EXPECT_EQ(trimmed.get_if<StreamEvent::ContextTrimmed>()->summary, std::nullopt);
}

TEST(Upcaster, ReadsTheEventsOf020) {
  const StreamEvent started = event_of("0_2_0", "RunStarted");
  const auto* run = started.get_if<StreamEvent::RunStarted>();
  ASSERT_NE(run, nullptr);
  EXPECT_TRUE(run->gates.empty()) << "it had no rules";
  EXPECT_EQ(run->redaction, RedactionMode::none);
  EXPECT_EQ(run->tool_policy.injection, InjectionStance::off) << "it goes on as it began";
  EXPECT_FALSE(run->is_history_untrusted);
  ASSERT_EQ(run->tools.size(), 1U);
  EXPECT_EQ(run->tools.front().reach, ToolReach::outside);
  EXPECT_FALSE(run->tools.front().is_output_trusted);
  const StreamEvent finished = event_of("0_2_0", "ToolCallFinished");
  ASSERT_NE(finished.get_if<StreamEvent::ToolCallFinished>(), nullptr);
  EXPECT_FALSE(finished.get_if<StreamEvent::ToolCallFinished>()->is_untrusted);
  const StreamEvent raised = event_of("0_2_0", "InterruptRaised");
  ASSERT_NE(raised.get_if<StreamEvent::InterruptRaised>(), nullptr);
  EXPECT_EQ(raised.get_if<StreamEvent::InterruptRaised>()->reason, "");
}

}  // namespace
}  // namespace orchestrator::harness::event
