// SPDX-License-Identifier: Apache-2.0
#include "kernel/negotiation.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "kernel/behaviours.hpp"
#include "kernel/money.hpp"

namespace orchestrator::harness::kernel {
namespace {

std::vector<ModelRef> models_of(const ModelPlan& plan) {
  std::vector<ModelRef> models{plan.primary};
  models.insert(models.end(), plan.fallbacks.begin(), plan.fallbacks.end());
  return models;
}

bool lacks(const ModelOffer& offer, const std::string& name) {
  return std::ranges::find(offer.unsupported, name) != offer.unsupported.end();
}

// An input part cannot be dropped without changing what was asked; a setting can.
bool can_drop(const std::string& feature) { return !feature.starts_with("input.") && feature != "tools"; }

// Adds the reason why a number that is needed is not there.
void require_at_least(std::vector<std::string>& reasons, const std::string& name,
                      const std::optional<std::uint64_t>& needed, const std::optional<std::uint64_t>& known) {
  if (!needed) return;
  if (!known) {
    reasons.push_back("unknown:" + name);
  } else if (*known < *needed) {
    reasons.push_back("too_small:" + name);
  }
}

void require_at_most(std::vector<std::string>& reasons, const std::string& name,
                     const std::optional<std::uint64_t>& most, const std::optional<std::uint64_t>& price) {
  if (!most) return;
  if (!price) {
    reasons.push_back("unknown:" + name);
  } else if (*price > *most) {
    reasons.push_back("too_dear:" + name);
  }
}

void check_needs(std::vector<std::string>& reasons, const ModelNeeds& needs, const ModelOffer& offer) {
  for (const std::string& name : needs.capabilities) {
    const std::string reason = "unsupported:" + name;
    if (lacks(offer, name) && std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
  }
  require_at_least(reasons, "context_tokens", needs.context_tokens, offer.context_tokens);
  require_at_least(reasons, "output_tokens", needs.output_tokens, offer.output_tokens_max);
  if (!needs.wire.empty() && needs.wire != offer.wire) reasons.emplace_back("wire");
  const bool is_there = std::ranges::any_of(needs.regions, [&](const std::string& region) {
    return std::ranges::find(offer.regions, region) != offer.regions.end();
  });
  if (!needs.regions.empty() && !is_there) reasons.emplace_back(offer.regions.empty() ? "unknown:region" : "region");
  const TokenPrices prices = offer.price ? offer.price->base : TokenPrices{};
  require_at_most(reasons, "input_price", needs.input_price_max, prices.input);
  require_at_most(reasons, "output_price", needs.output_price_max, prices.output);
}

// Whether the request that is next fits into the model and into the budget.
void check_request(std::vector<std::string>& reasons, const events::RunStarted& spec, const NegotiationBase& base,
                   const ModelOffer& offer) {
  const std::uint64_t tokens = base.request_tokens;
  const bool is_small = offer.context_tokens && tokens > *offer.context_tokens;
  if (is_small && std::ranges::find(reasons, "too_small:context_tokens") == reasons.end()) {
    reasons.emplace_back("too_small:context_tokens");
  }
  const auto& budget = spec.budgets.cost_micro_usd;
  if (!budget) return;
  const auto cost = offer.price ? cost_at_most(tokens, 1, *offer.price) : std::nullopt;
  if (!cost) {
    if (!spec.budgets.allow_unpriced) reasons.emplace_back("unknown:price");
  } else if (base.spent_micro_usd > *budget || *cost > *budget - base.spent_micro_usd) {
    reasons.emplace_back("over_budget");
  }
}

}  // namespace

const ModelOffer* offer_of(const events::RunStarted& spec, const ModelRef& model) {
  const auto found = std::ranges::find(spec.offers, model, &ModelOffer::model);
  return found == spec.offers.end() ? nullptr : &*found;
}

std::size_t plan_index(const events::RunStarted& spec, const ModelRef& model) {
  const std::vector<ModelRef> models = models_of(spec.model_plan);
  return static_cast<std::size_t>(std::ranges::find(models, model) - models.begin());
}

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

std::variant<events::ModelSelected, events::NegotiationFailed> negotiate(const events::RunStarted& spec,
                                                                         NegotiationBase base) {
  const std::vector<std::string> used = used_features(spec);
  const std::vector<ModelRef> models = models_of(spec.model_plan);
  std::vector<events::RejectedModel> rejections = base.rejected;
  for (std::size_t i = base.first; i < models.size(); ++i) {
    const ModelOffer* known = offer_of(spec, models[i]);
    const ModelOffer offer = known == nullptr ? ModelOffer{.model = models[i]} : *known;
    events::ModelSelected selected{models[i], offer.wire, {}, {}};
    events::RejectedModel rejected{models[i], {}};
    for (const std::string& name : used) {
      if (!lacks(offer, name)) continue;
      if (spec.model_plan.on_unsupported == OnUnsupported::drop && can_drop(name)) {
        selected.dropped.push_back({name, "unsupported"});
      } else {
        rejected.reasons.push_back("unsupported:" + name);
      }
    }
    check_needs(rejected.reasons, spec.model_plan.needs, offer);
    if (!is_of_first_rules(spec)) check_request(rejected.reasons, spec, base, offer);
    if (rejected.reasons.empty()) {
      selected.rejected = std::move(rejections);
      return selected;
    }
    rejections.push_back(std::move(rejected));
  }
  return events::NegotiationFailed{std::move(rejections)};
}

}  // namespace orchestrator::harness::kernel
