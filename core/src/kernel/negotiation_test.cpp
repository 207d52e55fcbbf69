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

events::RunStarted with_offers(const std::vector<ModelOffer>& offers) {
  events::RunStarted spec = example_spec();
  spec.model_plan.primary = offers.front().model;
  for (std::size_t i = 1; i < offers.size(); ++i) spec.model_plan.fallbacks.push_back(offers[i].model);
  spec.offers = offers;
  return spec;
}

ModelOffer small() {
  ModelOffer offer{.model = {ProviderId("chat"), "small"}, .wire = "chat", .unsupported = {"tools"}};
  offer.context_tokens = 8'000;
  return offer;
}
ModelOffer large() {
  ModelOffer offer{.model = {ProviderId("openai"), "large"}, .wire = "responses"};
  offer.context_tokens = 400'000;
  offer.output_tokens_max = 128'000;
  offer.regions = {"eu", "us"};
  offer.price = ModelPrice{{2'000'000, 200'000, {}, 8'000'000}, {}, {}, "t"};
  return offer;
}

TEST(Negotiation, SaysOfEveryModelWhyItWasNotChosen) {
  events::RunStarted spec = with_offers({small(), large()});
  ModelNeeds& needs = spec.model_plan.needs;
  needs.capabilities = {"tools"};
  needs.context_tokens = 100'000;
  needs.output_tokens = 64'000;
  needs.wire = "responses";
  needs.regions = {"eu"};
  needs.input_price_max = 2'000'000;
  needs.output_price_max = 8'000'000;
  auto choice = negotiate(spec);
  const auto* selected = std::get_if<events::ModelSelected>(&choice);
  ASSERT_NE(selected, nullptr);
  EXPECT_EQ(selected->model, large().model);
  ASSERT_EQ(selected->rejected.size(), 1U);
  EXPECT_EQ(selected->rejected.front().reasons,
            (std::vector<std::string>{"unsupported:tools", "too_small:context_tokens", "unknown:output_tokens", "wire",
                                      "unknown:region", "unknown:input_price", "unknown:output_price"}));
}

TEST(Negotiation, EachNeedIsALimit) {
  struct Case {
    const char* reason;
    void (*apply)(ModelNeeds& needs);
  };
  for (const Case& row : {Case{"too_small:context_tokens", [](ModelNeeds& n) { n.context_tokens = 400'001; }},
                          Case{"too_small:output_tokens", [](ModelNeeds& n) { n.output_tokens = 128'001; }},
                          Case{"wire", [](ModelNeeds& n) { n.wire = "chat"; }},
                          Case{"region", [](ModelNeeds& n) { n.regions = {"mars"}; }},
                          Case{"too_dear:input_price", [](ModelNeeds& n) { n.input_price_max = 1'999'999; }},
                          Case{"too_dear:output_price", [](ModelNeeds& n) { n.output_price_max = 7'999'999; }}}) {
    events::RunStarted spec = with_offers({large()});
    row.apply(spec.model_plan.needs);
    auto choice = negotiate(spec);
    const auto* failed = std::get_if<events::NegotiationFailed>(&choice);
    ASSERT_NE(failed, nullptr) << row.reason;
    EXPECT_EQ(failed->rejected.front().reasons, std::vector<std::string>{row.reason});
  }
}

TEST(Negotiation, AModelThatTheRequestOrTheBudgetDoesNotFitIsPassedOver) {
  events::RunStarted spec = with_offers({small(), large()});
  auto choice = negotiate(spec, {.request_tokens = 8'001});
  EXPECT_EQ(std::get<events::ModelSelected>(choice).rejected.front().reasons,
            std::vector<std::string>{"too_small:context_tokens"});
  spec.budgets.cost_micro_usd = 1'000;
  choice = negotiate(spec, {.request_tokens = 10});
  EXPECT_EQ(std::get<events::ModelSelected>(choice).rejected.front().reasons,
            std::vector<std::string>{"unknown:price"});
  choice = negotiate(spec, {.request_tokens = 10, .spent_micro_usd = 990});
  EXPECT_EQ(std::get<events::NegotiationFailed>(choice).rejected.back().reasons,
            std::vector<std::string>{"over_budget"});
}

TEST(Negotiation, GoesOnAfterTheModelThatWasGivenUp) {
  const events::RunStarted spec = with_offers({large(), small()});
  NegotiationBase base;
  base.first = plan_index(spec, large().model) + 1;
  base.rejected = {{large().model, {"failed:provider_overloaded"}}};
  auto choice = negotiate(spec, base);
  EXPECT_EQ(std::get<events::ModelSelected>(choice).model, small().model);
  EXPECT_EQ(std::get<events::ModelSelected>(choice).rejected, base.rejected);
  base.first = plan_index(spec, small().model) + 1;
  choice = negotiate(spec, base);
  EXPECT_TRUE(std::holds_alternative<events::NegotiationFailed>(choice));
}

TEST(Negotiation, TheErrorSaysWhatKindOfReasonItWas) {
  const auto code_of = [](const events::RunStarted& spec) {
    Scene scene(spec);
    const auto* end = scene.decision().events.back().get_if<events::Error>();
    return end == nullptr ? std::string() : end->error.code;
  };
  events::RunStarted spec = with_offers({small()});
  spec.tools.push_back(example_tool(EffectClass::pure));
  EXPECT_EQ(code_of(spec), "capability_missing");
  spec.model_plan.needs.context_tokens = 9'000;
  EXPECT_EQ(code_of(spec), "negotiation_failed");
  events::RunStarted dear = with_offers({large()});
  dear.budgets.cost_micro_usd = 1;
  EXPECT_EQ(code_of(dear), "budget_exceeded");
}

}  // namespace
}  // namespace orchestrator::harness::kernel
