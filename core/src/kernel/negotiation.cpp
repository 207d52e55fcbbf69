// SPDX-License-Identifier: Apache-2.0
#include "kernel/negotiation.hpp"

#include <algorithm>
#include <set>

namespace orchestrator::harness::kernel {
namespace {

const ModelOffer* offer_of(const events::RunStarted& spec, const ModelRef& model) {
  const auto found = std::ranges::find(spec.offers, model, &ModelOffer::model);
  return found == spec.offers.end() ? nullptr : &*found;
}

std::vector<std::string> missing_features(const ModelOffer& offer, const std::vector<std::string>& used) {
  std::vector<std::string> missing;
  for (const std::string& name : used) {
    if (std::ranges::find(offer.unsupported, name) != offer.unsupported.end()) missing.push_back(name);
  }
  return missing;
}

// An input part cannot be dropped without changing what was asked; a setting can.
bool can_drop(const std::string& feature) { return !feature.starts_with("input.") && feature != "tools"; }

}  // namespace

std::vector<std::string> used_features(const events::RunStarted& spec) {
  std::set<std::string> used;
  const GenerationSettings& settings = spec.settings;
  if (settings.temperature) used.insert("temperature");
  if (settings.top_p) used.insert("top_p");
  if (!settings.stop.empty()) used.insert("stop");
  if (settings.seed) used.insert("seed");
  if (settings.max_output_tokens) used.insert("max_output_tokens");
  if (settings.reasoning) {
    if (settings.reasoning->effort) used.insert("reasoning");
    if (settings.reasoning->budget_tokens) used.insert("reasoning_budget_tokens");
    if (settings.reasoning->summaries) used.insert("reasoning_summaries");
  }
  if (settings.tool_choice) used.insert("tool_choice");
  if (settings.parallel_tool_calls) used.insert("parallel_tool_calls");
  if (settings.output_schema) used.insert("output_schema");
  if (!settings.metadata.empty()) used.insert("metadata");
  if (!spec.tools.empty()) used.insert("tools");
  for (const ContentPart& part : spec.input) {
    if (std::holds_alternative<ImagePart>(part)) used.insert("input.image");
    if (std::holds_alternative<AudioPart>(part)) used.insert("input.audio");
    if (std::holds_alternative<VideoPart>(part)) used.insert("input.video");
    if (std::holds_alternative<FilePart>(part)) used.insert("input.file");
    if (std::holds_alternative<JsonPart>(part)) used.insert("input.json");
  }
  return {used.begin(), used.end()};
}

std::variant<events::ModelSelected, events::NegotiationFailed> negotiate(const events::RunStarted& spec) {
  const std::vector<std::string> used = used_features(spec);
  std::vector<ModelRef> candidates{spec.model_plan.primary};
  candidates.insert(candidates.end(), spec.model_plan.fallbacks.begin(), spec.model_plan.fallbacks.end());

  events::NegotiationFailed failed;
  for (const ModelRef& model : candidates) {
    const ModelOffer* offer = offer_of(spec, model);
    events::ModelSelected selected{model, offer == nullptr ? "" : offer->wire, {}};
    events::RejectedModel rejected{model, {}};
    const auto missing = offer == nullptr ? std::vector<std::string>{} : missing_features(*offer, used);
    for (const std::string& name : missing) {
      if (spec.model_plan.on_unsupported == OnUnsupported::drop && can_drop(name)) {
        selected.dropped.push_back({name, "unsupported"});
      } else {
        rejected.reasons.push_back("unsupported:" + name);
      }
    }
    if (rejected.reasons.empty()) return selected;
    failed.rejected.push_back(std::move(rejected));
  }
  return failed;
}

}  // namespace orchestrator::harness::kernel
