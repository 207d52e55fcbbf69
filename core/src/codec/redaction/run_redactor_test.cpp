// SPDX-License-Identifier: Apache-2.0
// Goal: no text of any input keeps a secret, what a run acts by stays, and a policy is known by its hash without its
// secrets. Method: a canary in every slot of every input; whole values compared.
#include "codec/redaction/run_redactor.hpp"

#include <gtest/gtest.h>

#include <string>

#include "event/canonical_event.hpp"
#include "event/field_encoder.hpp"
#include "event/testing/example_events.hpp"

namespace orchestrator::harness::codec {
namespace {

const std::string kCanary = "kanarienvogel-7f3a91c2";

RedactionPolicy policy_of(RedactionMode mode = RedactionMode::full) {
  RedactionPolicy policy;
  policy.mode = mode;
  policy.secrets = {{.name = "canary", .value = kCanary}};
  return policy;
}

RunRedactor redactor_of(RedactionMode mode = RedactionMode::full) {
  return RunRedactor::compile(policy_of(mode), std::make_shared<MemoryVault>()).value();
}

Error error_with_canary() {
  return ToolError{ToolErrorCode::tool_failed, "it said " + kCanary, "at " + kCanary, {{"x", kCanary}}};
}

std::vector<ContentPart> parts_with_canary() {
  return {TextPart{"text " + kCanary}, JsonPart{{R"({"a":")" + kCanary + R"("})"}},
          FilePart{{SharedBytes("bytes " + kCanary), {}, "text/plain", kCanary}},
          ImagePart{{SharedBytes(std::string("\xff\x00", 2) + kCanary), {}, "image/png", {}}, {}}};
}

// Everything that an input would bring into a journal, and the bytes beside it.
std::string all_of(const event::Input::Value& value) {
  std::string text;
  std::visit(
      [&](const auto& input) {
        if constexpr (event::DescribedStruct<std::decay_t<decltype(input)>>) event::append_value(text, input);
      },
      value);
  if (const auto* start = std::get_if<event::inputs::Start>(&value)) event::append_value(text, start->spec);
  const auto add = [&](const std::vector<ContentPart>& parts) {
    for (const ContentPart& part : parts) {
      if (const auto* file = std::get_if<FilePart>(&part)) text += file->source.bytes.view();
      if (const auto* image = std::get_if<ImagePart>(&part)) text += image->source.bytes.view();
    }
  };
  if (const auto* start = std::get_if<event::inputs::Start>(&value)) add(start->spec.input);
  if (const auto* returned = std::get_if<event::inputs::ToolReturned>(&value)) {
    add(returned->result);
    if (returned->full_output) text += returned->full_output->view();
  }
  return text;
}

std::vector<event::Input::Value> inputs_with_canary() {
  std::vector<event::Input::Value> all;
  event::inputs::Start start;
  start.spec.input = parts_with_canary();
  start.spec.system = kCanary;
  start.spec.labels = {{"a", kCanary}};
  start.spec.settings.metadata = {{"m", kCanary}};
  start.spec.settings.stop = {kCanary};
  start.spec.context.pinned = {{"p", kCanary}};
  all.emplace_back(start);
  all.emplace_back(event::inputs::ProviderHeaders{1, 200, kCanary});
  event::inputs::ProviderEnded ended;
  ended.error = error_with_canary();
  all.emplace_back(ended);
  event::inputs::ToolPrepared prepared;
  prepared.preparation.preview = kCanary;
  prepared.preparation.targets = {{kCanary, {}}};
  prepared.error = error_with_canary();
  prepared.gates.emplace_back().reason = kCanary;
  all.emplace_back(prepared);
  event::inputs::ToolReturned returned;
  returned.result = parts_with_canary();
  returned.error = error_with_canary();
  returned.full_output = SharedBytes("all of it " + kCanary);
  all.emplace_back(returned);
  event::inputs::ToolVerified verified;
  verified.result = {TextPart{kCanary}};
  verified.detail = kCanary;
  all.emplace_back(verified);
  event::inputs::MemoryReturned memories;
  memories.hits.emplace_back().text = kCanary;
  memories.error = error_with_canary();
  all.emplace_back(memories);
  event::inputs::MemoryKept kept;
  kept.error = error_with_canary();
  all.emplace_back(kept);
  event::inputs::GateReturned gates;
  gates.gates.emplace_back().reason = kCanary;
  all.emplace_back(gates);
  event::inputs::Hint hint;
  hint.text = kCanary;
  hint.by = kCanary;
  all.emplace_back(hint);
  event::inputs::Resolve resolve;
  resolve.reason = kCanary;
  all.emplace_back(resolve);
  all.emplace_back(event::inputs::Checkpoint{kCanary, "user"});
  all.emplace_back(event::inputs::Pause{kCanary});
  return all;
}

TEST(RunRedactor, TakesACanaryOutOfEveryInput) {
  const RunRedactor redactor = redactor_of();
  for (event::Input::Value& value : inputs_with_canary()) {
    SCOPED_TRACE(event::name_of_index<event::Input::Value>(value.index()));
    ASSERT_NE(all_of(value).find(kCanary), std::string::npos) << "the scan sees it where it is";
    const auto counts = redactor.redact(value);
    EXPECT_EQ(all_of(value).find(kCanary), std::string::npos) << all_of(value);
    ASSERT_EQ(counts.size(), 1U);
    EXPECT_EQ(counts[0].kind, RedactionKind::secret);
    EXPECT_GE(counts[0].count, 1U);
    const event::Input::Value once = value;
    EXPECT_TRUE(redactor.redact(value).empty());
    EXPECT_EQ(value, once);
  }
}

TEST(RunRedactor, TakesACanaryOutOfWhatAToolGivesBeforeItIsCut) {
  std::vector<ContentPart> parts{TextPart{"text " + kCanary}};
  std::string written = "\xff\n" + kCanary;
  EXPECT_EQ(redactor_of().redact_output(parts, written),
            (std::vector<events::RedactionCount>{{RedactionKind::secret, 2}}));
  EXPECT_EQ(std::get<TextPart>(parts[0]).text, "text [redacted:secret]");
  EXPECT_EQ(written, "\xff\n[redacted:secret]");
}

TEST(RunRedactor, LeavesWhatTheRunActsBy) {
  const RunRedactor redactor = redactor_of();
  event::inputs::Start start;
  start.spec.memory.user = "joe@example.com";
  start.spec.workspace = "/home/joe@example.com";
  start.spec.tools = {ToolSpec{}};
  start.spec.tools[0].description = "mails to joe@example.com";
  start.history.push_back({});
  event::Input::Value value = start;
  EXPECT_TRUE(redactor.redact(value).empty());
  EXPECT_EQ(value, event::Input::Value(start));

  event::inputs::ToolPrepared prepared;
  prepared.preparation.undo = event::example_undo();
  prepared.preparation.undo->data.text = R"({"before":"joe@example.com"})";
  value = prepared;
  EXPECT_TRUE(redactor.redact(value).empty());
  EXPECT_EQ(value, event::Input::Value(prepared));
}

TEST(RunRedactor, WhatIsNoJsonBecomesOneString) {
  const RunRedactor redactor = redactor_of();
  event::inputs::ToolReturned returned;
  const std::string deep = std::string(200, '[') + "\"" + kCanary + "\"" + std::string(200, ']');
  returned.result = {JsonPart{{deep}}};
  event::Input::Value value = returned;
  (void)redactor.redact(value);
  const std::string text = std::get<JsonPart>(std::get<event::inputs::ToolReturned>(value).result[0]).json.text;
  EXPECT_TRUE(text.starts_with("\"[[")) << text;
  EXPECT_EQ(text.find(kCanary), std::string::npos);
}

TEST(RunRedactor, HashesWhatDecidesAndNoSecret) {
  const Hash hash = redactor_of().hash();
  RedactionPolicy other = policy_of();
  other.secrets = {{.name = "another", .value = "quite another value"}};
  EXPECT_EQ(RunRedactor::compile(other, {}).value().hash(), hash);
  other = policy_of();
  other.secret_names = {"door"};
  EXPECT_NE(RunRedactor::compile(other, {}).value().hash(), hash);
  other = policy_of();
  other.detectors.phone = true;
  EXPECT_NE(RunRedactor::compile(other, {}).value().hash(), hash);
  EXPECT_NE(redactor_of(RedactionMode::reversible).hash(), hash);
}

TEST(RunRedactor, RefusesModesThatRunsCannotHave) {
  EXPECT_EQ(RunRedactor::compile(policy_of(RedactionMode::metadata_only), {}).error().code, "configuration_invalid");
  EXPECT_EQ(RunRedactor::compile(policy_of(RedactionMode::reversible), {}).error().at, "redaction.mode");
}

TEST(RunRedactor, TakesSecretsOutThatALabelNames) {
  event::inputs::Start start;
  start.spec.labels = {{"password", "swordfish77"}, {"ticket", "ABC-1"}};
  start.spec.settings.metadata = {{"api_key", "labelpass99"}, {"quote", "a \"b\""}};
  event::Input::Value value = start;
  const auto counts = RunRedactor::compile(policy_of(RedactionMode::full), {})->redact(value);
  const auto& spec = std::get<event::inputs::Start>(value).spec;
  EXPECT_EQ(spec.labels[0].second, "[redacted:name]");
  EXPECT_EQ(spec.labels[1].second, "ABC-1");
  EXPECT_EQ(spec.settings.metadata[0].second, "[redacted:name]");
  EXPECT_EQ(spec.settings.metadata[1].second, "a \"b\"");
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0], (events::RedactionCount{RedactionKind::name, 2}));
}

}  // namespace
}  // namespace orchestrator::harness::codec
