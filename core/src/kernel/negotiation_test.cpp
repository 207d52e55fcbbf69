// SPDX-License-Identifier: Apache-2.0
// Goal: what a run uses is named as offers name it, and input is never dropped. Method: one feature at a time.
#include "kernel/negotiation.hpp"

#include <gtest/gtest.h>

#include "kernel/testing/kernel_scene.hpp"

namespace orchestrator::harness::kernel {
namespace {

struct Use {
  const char* name;
  void (*apply)(events::RunStarted& spec);
};

constexpr Use kUses[] = {
    {"temperature", [](events::RunStarted& spec) { spec.settings.temperature = 0.0; }},
    {"top_p", [](events::RunStarted& spec) { spec.settings.top_p = 1.0; }},
    {"stop", [](events::RunStarted& spec) { spec.settings.stop = {"END"}; }},
    {"seed", [](events::RunStarted& spec) { spec.settings.seed = 0; }},
    {"max_output_tokens", [](events::RunStarted& spec) { spec.settings.max_output_tokens = 1; }},
    {"reasoning", [](events::RunStarted& spec) { spec.settings.reasoning.emplace().effort = ReasoningEffort::low; }},
    {"reasoning_budget_tokens",
     [](events::RunStarted& spec) { spec.settings.reasoning.emplace().budget_tokens = 2'048; }},
    {"reasoning_summaries", [](events::RunStarted& spec) { spec.settings.reasoning.emplace().summaries = true; }},
    {"tool_choice", [](events::RunStarted& spec) { spec.settings.tool_choice.emplace(); }},
    {"parallel_tool_calls", [](events::RunStarted& spec) { spec.settings.parallel_tool_calls = false; }},
    {"output_schema", [](events::RunStarted& spec) { spec.settings.output_schema.emplace(); }},
    {"metadata", [](events::RunStarted& spec) { spec.settings.metadata = {{"k", "v"}}; }},
    {"tools", [](events::RunStarted& spec) { spec.tools.emplace_back(); }},
    {"input.image", [](events::RunStarted& spec) { spec.input.emplace_back(ImagePart{}); }},
    {"input.audio", [](events::RunStarted& spec) { spec.input.emplace_back(AudioPart{}); }},
    {"input.video", [](events::RunStarted& spec) { spec.input.emplace_back(VideoPart{}); }},
    {"input.file", [](events::RunStarted& spec) { spec.input.emplace_back(FilePart{}); }},
    {"input.json", [](events::RunStarted& spec) { spec.input.emplace_back(JsonPart{}); }},
};

bool is_droppable(std::string_view name) { return name != "tools" && !name.starts_with("input."); }

TEST(Negotiation, APlainRunUsesNothing) { EXPECT_TRUE(used_features(example_spec()).empty()); }

TEST(Negotiation, NamesEveryFeatureAndRefusesOrDropsIt) {
  for (const Use& use : kUses) {
    SCOPED_TRACE(use.name);
    events::RunStarted spec = example_spec();
    use.apply(spec);
    EXPECT_EQ(used_features(spec), std::vector<std::string>{use.name});

    spec.offers = {{.model = spec.model_plan.primary, .wire = "chat", .unsupported = {use.name}}};
    const events::NegotiationFailed failed{{{spec.model_plan.primary, {std::string("unsupported:") + use.name}}}};
    EXPECT_EQ(std::get<events::NegotiationFailed>(negotiate(spec)), failed);

    spec.model_plan.on_unsupported = OnUnsupported::drop;
    const auto choice = negotiate(spec);
    if (is_droppable(use.name)) {
      EXPECT_EQ(std::get<events::ModelSelected>(choice).dropped,
                (std::vector<events::DroppedSetting>{{use.name, "unsupported"}}));
    } else {
      EXPECT_EQ(std::get<events::NegotiationFailed>(choice), failed);
    }
  }
}

TEST(Negotiation, WhatWasDroppedDoesNotReachTheProvider) {
  for (const Use& use : kUses) {
    if (!is_droppable(use.name)) continue;
    SCOPED_TRACE(use.name);
    events::RunStarted spec = example_spec();
    use.apply(spec);
    spec.offers = {{.model = spec.model_plan.primary, .wire = "chat", .unsupported = {use.name}}};
    spec.model_plan.on_unsupported = OnUnsupported::drop;
    Scene scene(spec);
    scene.given(slot(1));
    const auto& called = std::get<event::effects::CallProvider>(scene.decision().effects.at(0));
    EXPECT_EQ(called.settings, GenerationSettings{});
  }
}

TEST(Negotiation, DropsOnePartOfReasoningAndKeepsTheOthers) {
  events::RunStarted spec = example_spec();
  spec.settings.reasoning =
      ReasoningSettings{.effort = ReasoningEffort::high, .budget_tokens = 2'048, .summaries = true};
  spec.offers = {{.model = spec.model_plan.primary, .wire = "responses", .unsupported = {"reasoning_budget_tokens"}}};
  spec.model_plan.on_unsupported = OnUnsupported::drop;
  Scene scene(spec);
  scene.given(slot(1));
  const auto& called = std::get<event::effects::CallProvider>(scene.decision().effects.at(0));
  const ReasoningSettings kept{.effort = ReasoningEffort::high, .budget_tokens = {}, .summaries = true};
  EXPECT_EQ(called.settings.reasoning, kept);
}

TEST(Negotiation, AnEmptyReasoningAsksForNothing) {
  events::RunStarted spec = example_spec();
  spec.settings.reasoning.emplace();
  EXPECT_TRUE(used_features(spec).empty());
}

TEST(Negotiation, OffersOfOtherModelsDoNotCount) {
  events::RunStarted spec = example_spec();
  spec.settings.seed = 1;
  spec.offers = {{.model = {ProviderId("scripted"), "other"}, .wire = "chat", .unsupported = {"seed"}}};
  EXPECT_EQ(std::get<events::ModelSelected>(negotiate(spec)), (events::ModelSelected{spec.model_plan.primary, "", {}}));
}

}  // namespace
}  // namespace orchestrator::harness::kernel
