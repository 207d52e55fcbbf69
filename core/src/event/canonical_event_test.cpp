// SPDX-License-Identifier: Apache-2.0
// Goal: every event type has one canonical form that reads back equal and never changes by accident; what a newer
// build wrote is kept as it is. Method: an example of each type with all fields set against its golden file, edits of
// stored bytes, and random values.

#include "event/canonical_event.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <set>

#include "event/field_encoder.hpp"
#include "event/testing/example_events.hpp"
#include "event/testing/golden_file.hpp"
#include "event/testing/step_generators.hpp"

namespace orchestrator::harness::event {
namespace {

constexpr std::string_view kGoldenFolder = "tests/golden/events/";

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

StreamEvent example_of(std::string_view type) {
  for (StreamEvent& event : example_events()) {
    if (event.type() == type) return event;
  }
  throw std::logic_error("no example of " + std::string(type));
}

TEST(CanonicalEvent, ThereIsAnExampleOfEveryType) {
  const auto examples = example_events();
  ASSERT_EQ(examples.size(), std::variant_size_v<StreamEvent::Payload::variant>);
  std::set<std::size_t> types;
  for (const StreamEvent& event : examples) types.insert(event.payload.index());
  EXPECT_EQ(types.size(), examples.size());
}

TEST(CanonicalEvent, NoFieldOfAnExampleIsAtItsDefault) {
  for (const StreamEvent& event : example_events()) {
    std::visit(
        [&]<class Payload>(const Payload& payload) {
          if constexpr (DescribedStruct<Payload>) {
            using Members = boost::describe::describe_members<Payload, boost::describe::mod_public>;
            boost::mp11::mp_for_each<Members>([&](auto member) {
              EXPECT_FALSE(payload.*member.pointer == Payload{}.*member.pointer) << event.type() << "." << member.name;
            });
          }
        },
        event.payload);
  }
}

TEST(CanonicalEvent, MatchesItsGoldenFile) {
  for (const StreamEvent& event : example_events()) {
    if (event.get_if<StreamEvent::Unknown>() != nullptr) continue;
    EXPECT_TRUE(matches_golden(std::string(kGoldenFolder) + std::string(event.type()) + ".json", event.json() + "\n"));
  }
}

TEST(CanonicalEvent, EveryGoldenFileReadsAndWritesItsBytes) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(repository_path(kGoldenFolder))) {
    std::string text = read_text_file(entry.path().string());
    ASSERT_TRUE(text.ends_with('\n')) << entry.path();
    text.pop_back();
    const auto event = decode_event(text);
    ASSERT_TRUE(event) << entry.path() << ": " << event.error().message << " at " << event.error().at;
    EXPECT_EQ(event->type(), entry.path().stem().string());
    EXPECT_EQ(event->json(), text);
    ++files;
  }
  EXPECT_GE(files, std::variant_size_v<StreamEvent::Payload::variant> - 1);
}

TEST(CanonicalEvent, ReadsBackEqual) {
  for (const StreamEvent& event : example_events()) {
    const auto read = decode_event(event.json());
    ASSERT_TRUE(read) << event.type() << ": " << read.error().message << " at " << read.error().at;
    EXPECT_EQ(*read, event) << event.type();
    EXPECT_EQ(encode_event(*read, {}).bytes, event.json());
  }
}

TEST(CanonicalEvent, HasNoWhiteSpaceAndAFixedKeyOrder) {
  EXPECT_EQ(example_of("RunPaused").json(),
            R"({"v":5,"run_id":"run_01M81VH38V003G000000000001","session_id":"ses_01M81TT0W0001G000000000009",)"
            R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7",)"
            R"("parent_span_id":"53995c3f42cd8ad8","seq":36,"at":"2026-11-22T14:46:31.123456Z","elapsed_us":35000000,)"
            R"("type":"RunPaused","data":{"by":"operator"}})");
}

TEST(CanonicalEvent, SoftEventsAreTheSixOfTheContract) {
  std::set<std::string_view> soft;
  for (const StreamEvent& event : example_events()) {
    EXPECT_EQ(event.is_strict(), is_strict_type(event.type()));
    if (!event.is_strict()) soft.insert(event.type());
  }
  EXPECT_EQ(soft, (std::set<std::string_view>{"OutputDelta", "ReasoningDelta", "ToolArgumentsDelta", "ContextAssembled",
                                              "ProviderRequested", "ProviderResponded"}));
}

TEST(CanonicalEvent, ThreeTypesEndARun) {
  std::set<std::string_view> terminal;
  for (const StreamEvent& event : example_events()) {
    if (event.is_terminal()) terminal.insert(event.type());
  }
  EXPECT_EQ(terminal, (std::set<std::string_view>{"Completed", "Error", "Aborted"}));
}

TEST(CanonicalEvent, AnUnknownTypeIsKeptByteForByte) {
  const std::string bytes = replaced(replaced(example_of("RunPaused").json(), "RunPaused", "RunTeleported"),
                                     R"({"by":"operator"})", R"({"to":{"x":1.50,"z":-0,"y":[1e400,"\u00e9"]},"to":2})");
  const auto event = decode_event(bytes);
  ASSERT_TRUE(event) << event.error().message;
  ASSERT_NE(event->get_if<StreamEvent::Unknown>(), nullptr);
  EXPECT_EQ(event->type(), "RunTeleported");
  EXPECT_TRUE(event->is_strict());
  EXPECT_FALSE(event->is_terminal());
  EXPECT_EQ(event->json(), bytes);
}

TEST(CanonicalEvent, AnUnknownTypeMayNestAsDeepAsJsonMay) {
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  const std::string bytes =
      replaced(replaced(example_of("RunPaused").json(), "RunPaused", "RunTeleported"), "\"operator\"", deep);
  const auto event = decode_event(bytes);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->json(), bytes);
}

TEST(CanonicalEvent, AMemberOfALaterBuildIsIgnored) {
  const auto event =
      decode_event(replaced(example_of("RunPaused").json(), R"("by":"operator")", R"("by":"operator","why":[1])"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->payload, example_of("RunPaused").payload);
}

TEST(CanonicalEvent, ANewerVersionIsRefusedAndNamed) {
  const auto event = decode_event(replaced(example_of("RunPaused").json(), R"("v":5)", R"("v":6)"));
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, "version_too_new");
  EXPECT_NE(event.error().message.find("RunPaused has version 6, this build reads up to 5"), std::string::npos);
}

struct BadEvent {
  std::string_view type;
  std::string_view from;
  std::string_view to;
  std::string_view at;  // the JSON pointer of the error
};

TEST(CanonicalEvent, AFieldThatDoesNotReadIsNamed) {
  for (const BadEvent& bad : std::initializer_list<BadEvent>{
           {"RunPaused", R"("by":)", R"("bye":)", "/data/by"},
           {"RunPaused", R"("operator")", "7", "/data/by"},
           {"AbortRequested", R"("mode":"after_turn")", R"("mode":"later")", "/data/mode"},
           {"OutputDelta", R"("turn":2)", R"("turn":-1)", "/data/turn"},
           {"OutputDelta", R"("turn":2)", R"("turn":4294967296)", "/data/turn"},
           {"OutputDelta", R"("turn":2)", R"("turn":2.5)", "/data/turn"},
           {"OutputDelta", R"("offset":11)", R"("offset":18446744073709551616)", "/data/offset"},
           {"RunStarted", R"("temperature":0.1)", R"("temperature":"0.1")", "/data/settings/temperature"},
           {"RunStarted", R"("type":"image")", R"("type":"hologram")", "/data/input/1/type"},
           {"RunStarted", R"("local/smollm2")", R"("smollm2")", "/data/model_plan/fallbacks/1"},
           {"ToolCallFinished", R"("retryable":false)", R"("retryable":0)", "/data/error/retryable"},
           {"RunPaused", R"("seq":36)", R"("seq":null)", "/seq"},
           {"RunPaused", R"("at":"2026-11-22)", R"("at":"2026-11-31)", "/at"},
           {"RunPaused", R"("run_id":"run_)", R"("run_id":"ses_)", "/run_id"},
           {"RunPaused", R"("elapsed_us":35000000,)", "", "/elapsed_us"},
           {"RunPaused", R"("data":{"by":"operator"})", R"("data":[])", "/data"}}) {
    const auto event = decode_event(replaced(example_of(bad.type).json(), bad.from, bad.to));
    ASSERT_FALSE(event) << bad.to;
    EXPECT_EQ(event.error().code, "journal_damaged") << bad.to;
    EXPECT_EQ(event.error().at, bad.at) << event.error().message;
  }
}

TEST(CanonicalEvent, TextThatIsNoEventIsRefused) {
  const std::string good = example_of("RunPaused").json();
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("null"), good + " ", " " + good, good + good,
        replaced(good, "\"data\":", "\"dat\":"), replaced(good, "operator", "\xff"),
        replaced(good, "operator", "\xed\xa0\x80"), replaced(good, "operator", "\n")}) {
    EXPECT_FALSE(decode_event(text)) << text;
  }
}

TEST(CanonicalEvent, TheChainCoversEnvelopeDataAndPredecessor) {
  const StreamEvent event = example_of("OutputDelta");
  const CanonicalEvent canonical = encode_event(event, sha256("before"));
  EXPECT_EQ(chain_hash_of_bytes(sha256("before"), canonical.bytes), canonical.hash);
  EXPECT_NE(chain_hash_of_bytes(sha256("other"), canonical.bytes), canonical.hash);
  for (const auto& [from, to] : {std::pair{"\"seq\":14", "\"seq\":15"}, std::pair{"OutputDelta", "ReasoningDelta"},
                                 std::pair{"\"offset\":11", "\"offset\":12"}, std::pair{"\"v\":5", "\"v\":1"}}) {
    EXPECT_NE(chain_hash_of_bytes(sha256("before"), replaced(canonical.bytes, from, to)), canonical.hash) << to;
  }
}

TEST(CanonicalEvent, ErasedDataStillVerifies) {
  const CanonicalEvent canonical = encode_event(example_of("OutputDelta"), sha256("before"));
  const std::size_t data_at = canonical.bytes.find(",\"data\":") + 8;
  const std::string data = canonical.bytes.substr(data_at, canonical.bytes.size() - 1 - data_at);
  const std::string erased = R"({"erased":")" + sha256(data).str() + R"("})";
  const std::string bytes = replaced(canonical.bytes, data, erased);
  EXPECT_EQ(chain_hash_of_bytes(sha256("before"), bytes), canonical.hash);
  const auto event = decode_event(bytes);
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type(), "OutputDelta");
  ASSERT_NE(event->get_if<StreamEvent::Unknown>(), nullptr);
  EXPECT_EQ(event->get_if<StreamEvent::Unknown>()->data.text, erased);
  EXPECT_EQ(event->json(), bytes);
  const std::string other = replaced(bytes, sha256(data).str(), sha256("other").str());
  EXPECT_NE(chain_hash_of_bytes(sha256("before"), other), canonical.hash);
}

RC_GTEST_PROP(CanonicalEvent, DoublesReadBackExactly, ()) {
  StreamEvent event = example_of("RunStarted");
  auto& settings = std::get<events::RunStarted>(event.payload).settings;
  settings.temperature = *any_setting();
  settings.top_p = *any_setting();
  const auto read = decode_event(event.json());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == event);
  RC_ASSERT(read->json() == event.json());
}

RC_GTEST_PROP(CanonicalEvent, TextsReadBackExactly, ()) {
  const StreamEvent event{example_meta(1), events::Completed{.output = *any_text()}};
  const auto read = decode_event(event.json());
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == event);
}

}  // namespace
}  // namespace orchestrator::harness::event
