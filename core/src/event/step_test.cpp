// SPDX-License-Identifier: Apache-2.0
// Goal: a stored line gives back its step exactly, input included, and any change to a stored line is noticed and
// located. Method: random steps of every input type, and every single-byte change of a real line.

#include "event/step.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "event/canonical_event.hpp"
#include "event/line_check.hpp"
#include "event/testing/example_events.hpp"
#include "event/testing/step_generators.hpp"

namespace orchestrator::harness::event {
namespace {

Step pause_step(std::uint64_t seq) {
  Step step;
  step.events.push_back({example_meta(seq), events::RunPaused{"operator"}});
  step.input = {{step.events[0].meta.at, step.events[0].meta.elapsed_us}, inputs::Pause{"operator"}};
  return step;
}

Step delta_step(std::uint64_t seq) {
  Step step;
  inputs::ProviderChunk chunk{3, {TextPiece{"0", "Hello"}, ReasoningPiece{"1", "because"}}};
  step.events.push_back({example_meta(seq), events::OutputDelta{3, 1, "0", 0, "Hello"}});
  step.events.push_back({example_meta(seq + 1), events::ReasoningDelta{3, 1, "1", 0, "because"}});
  step.input = {{step.events[0].meta.at, step.events[0].meta.elapsed_us}, std::move(chunk)};
  return step;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The line with `from` replaced and its check made anew: what an edit by hand with the right tools would leave.
std::string edited(const std::string& line, std::string_view from, std::string_view to) {
  std::string changed = replaced(line, from, to);
  changed.resize(changed.rfind(",\"check\":"));
  seal_line(changed);
  return changed;
}

TEST(Step, ALineHoldsItsPartsInOrder) {
  const EncodedStep encoded = encode_step(pause_step(1), {});
  const std::string event = pause_step(1).events[0].json();
  EXPECT_TRUE(encoded.line.starts_with(R"({"step":1,"input":{"type":"Pause"},"events":[)" + event + R"(],"head":")" +
                                       encoded.head.hash.str() + R"(","check":")"));
  EXPECT_EQ(encoded.line.find('\n'), std::string::npos);
  EXPECT_EQ(encoded.head.steps, 1U);
  EXPECT_EQ(encoded.head.seq, 1U);
  EXPECT_TRUE(line_check_holds(encoded.line));
}

RC_GTEST_PROP(Step, GivesBackEventsAndInputExactly, ()) {
  JournalHead before;
  before.steps = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  before.seq = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
  before.hash = sha256(*any_text());
  const Step step = *any_step(before);
  RC_CLASSIFY(encode_input(step.input, step.events).find("\"full\":") != std::string::npos, "stored in full");
  RC_CLASSIFY(encode_input(step.input, step.events).find("\"now\":") != std::string::npos, "with a time of its own");

  const EncodedStep encoded = encode_step(step, before);
  const auto stored = decode_step(encoded.line, before);
  RC_ASSERT(stored.has_value());
  RC_ASSERT(stored->events == step.events);
  RC_ASSERT(stored->head == encoded.head);
  for (std::size_t i = 0; i < step.events.size(); ++i) RC_ASSERT(stored->event_bytes[i] == step.events[i].json());

  const auto* start = std::get_if<inputs::Start>(&step.input.value);
  const auto input = input_of(*stored, start != nullptr ? start->history : std::vector<ContextEntry>{});
  RC_ASSERT(input.has_value());
  RC_ASSERT(*input == step.input);
  // And once more: what was read writes the bytes that were read.
  RC_ASSERT(encode_step(Step{*input, stored->events}, before).line == encoded.line);
}

TEST(Step, AnInputThatItsEventsHoldIsStoredByName) {
  EXPECT_EQ(encode_input(delta_step(1).input, delta_step(1).events), R"({"type":"ProviderChunk"})");
}

TEST(Step, AnInputThatItsEventsDoNotHoldIsStoredInFull) {
  Step step = delta_step(1);
  std::get<inputs::ProviderChunk>(step.input.value).parts.pop_back();
  EXPECT_EQ(
      encode_input(step.input, step.events),
      R"({"type":"ProviderChunk","full":{"attempt":3,"parts":[{"type":"text","item_id":"0","text":"Hello"}],"gates":[]}})");
}

TEST(Step, ATimeThatNoEventHoldsIsStored) {
  Step step = pause_step(1);
  step.input.now.elapsed_us = 7;
  EXPECT_EQ(encode_input(step.input, step.events),
            R"({"type":"Pause","now":{"wall":"2026-11-22T14:45:56.123456Z","elapsed_us":7}})");
}

TEST(Step, EverySingleByteChangeIsNoticed) {
  const EncodedStep first = encode_step(pause_step(1), {});
  const std::string line = encode_step(delta_step(2), first.head).line;
  ASSERT_TRUE(decode_step(line, first.head));
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x02U, 0x04U, 0x08U, 0x10U, 0x20U, 0x40U, 0x80U, 0xFFU}) {
      std::string changed = line;
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ flip);
      const auto step = decode_step(changed, first.head);
      ASSERT_FALSE(step) << "byte " << at << " changed by " << flip;
      EXPECT_EQ(step.error().code, "journal_damaged");
      EXPECT_NE(step.error().message.find("step 2"), std::string::npos) << step.error().message;
    }
  }
}

TEST(Step, EveryTruncationAndEveryLostByteIsNoticed) {
  const std::string line = encode_step(delta_step(1), {}).line;
  for (std::size_t at = 0; at < line.size(); ++at) {
    EXPECT_FALSE(decode_step(line.substr(0, at), {})) << at;
    EXPECT_FALSE(decode_step(std::string(line).erase(at, 1), {})) << at;
  }
}

TEST(Step, AnEditWithARightCheckBreaksTheChain) {
  const EncodedStep first = encode_step(pause_step(1), {});
  const std::string line = encode_step(delta_step(2), first.head).line;
  for (const auto& [from, to] :
       {std::pair{"Hello", "Hullo"}, std::pair{"\"turn\":1", "\"turn\":2"}, std::pair{"OutputDelta", "ReasoningDelta"},
        std::pair{"elapsed_us\":1000000", "elapsed_us\":1000001"}}) {
    const auto step = decode_step(edited(line, from, to), first.head);
    ASSERT_FALSE(step) << to;
    EXPECT_NE(step.error().message.find("hash chain is broken at event 3"), std::string::npos) << step.error().message;
  }
}

TEST(Step, StepsOutOfPlaceAreNamed) {
  const EncodedStep first = encode_step(pause_step(1), {});
  const EncodedStep second = encode_step(delta_step(2), first.head);
  const auto skipped = decode_step(second.line, {});
  ASSERT_FALSE(skipped);
  EXPECT_NE(skipped.error().message.find("found step 2 in its place"), std::string::npos) << skipped.error().message;
  const auto repeated = decode_step(first.line, first.head);
  ASSERT_FALSE(repeated);
  EXPECT_NE(repeated.error().message.find("found step 1 in its place"), std::string::npos);
}

TEST(Step, AGapInSeqIsNamed) {
  const auto step = decode_step(encode_step(pause_step(5), {}).line, {});
  ASSERT_FALSE(step);
  EXPECT_NE(step.error().message.find("event 5 where 1 should be"), std::string::npos) << step.error().message;
}

TEST(Step, AStepOfAnotherRunBreaksTheChain) {
  const EncodedStep first = encode_step(pause_step(1), {});
  Step foreign_start = pause_step(1);
  foreign_start.events[0].meta.run_id = RunId::make(1, 2, 3);
  const std::string foreign = encode_step(delta_step(2), encode_step(foreign_start, {}).head).line;
  EXPECT_FALSE(decode_step(foreign, first.head));
}

TEST(Step, AnErasedEventStillVerifies) {
  const EncodedStep encoded = encode_step(delta_step(1), {});
  const std::string data = R"({"attempt":3,"turn":1,"item_id":"0","offset":0,"text":"Hello"})";
  const auto step = decode_step(edited(encoded.line, data, R"({"erased":")" + sha256(data).str() + R"("})"), {});
  ASSERT_TRUE(step) << step.error().message;
  EXPECT_EQ(step->head, encoded.head);
  EXPECT_EQ(step->events[0].type(), "OutputDelta");
  EXPECT_EQ(step->events[1], delta_step(1).events[1]);
  // What is gone cannot be fed to a replay.
  const auto input = input_of(*step, {});
  EXPECT_TRUE(!input || *input != delta_step(1).input);
}

TEST(Step, AnEventOfANewerBuildIsRefusedWithItsPlace) {
  const auto step = decode_step(edited(encode_step(pause_step(1), {}).line, "{\"v\":5", "{\"v\":9"), {});
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, "version_too_new");
  EXPECT_TRUE(step.error().message.starts_with("step 1, event 1: ")) << step.error().message;
}

TEST(Step, AnEventThatDoesNotReadIsNamed) {
  const auto step = decode_step(edited(encode_step(pause_step(1), {}).line, "\"by\":\"operator\"", "\"by\":7"), {});
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, "journal_damaged");
  EXPECT_TRUE(step.error().message.starts_with("step 1, event 1: ")) << step.error().message;
  EXPECT_EQ(step.error().at, "/data/by");
}

TEST(Step, AnInputThatDoesNotReadIsNamed) {
  for (const auto& [stored, at] :
       {std::pair{R"({"type":"Sneeze"})", "/input/type"}, std::pair{R"({"full":{}})", "/input/type"},
        std::pair{R"({"type":"Abort"})", "/input"},
        std::pair{R"({"type":"Abort","full":{"mode":"now","by":"x"}})", "/input/full/expected_turn"},
        std::pair{R"({"type":"Pause","now":{"wall":"today","elapsed_us":1}})", "/input/now/wall"},
        std::pair{R"([])", "/input"}, std::pair{R"({"type":)", "/input"}}) {
    StoredStep step;
    step.events = pause_step(1).events;
    step.input_bytes = stored;
    const auto input = input_of(step, {});
    ASSERT_FALSE(input) << stored;
    EXPECT_EQ(input.error().code, "journal_damaged");
    EXPECT_EQ(input.error().at, at) << input.error().message;
  }
}

}  // namespace
}  // namespace orchestrator::harness::event
