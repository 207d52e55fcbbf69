// SPDX-License-Identifier: Apache-2.0
#include "kernel/money.hpp"

#include <algorithm>
#include <limits>

#include "kernel/behaviours.hpp"
#include "kernel/compaction.hpp"
#include "kernel/history_trim.hpp"
#include "kernel/negotiation.hpp"

namespace orchestrator::harness::kernel {
namespace {

__extension__ typedef unsigned __int128 Wide;  // a `using` takes no __extension__ in GCC

constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
// An answer that is cut shorter than this by a budget would say nothing.
constexpr std::uint32_t kOutputTokensLeast = 16;
constexpr std::uint64_t kBytesPerToken = 4;
constexpr std::uint64_t kAskTokens = 200;  // of what is asked of a summary, by estimate

const TokenPrices& prices_for(const ModelPrice& price, std::uint64_t input_tokens) {
  return price.long_input_above && input_tokens > *price.long_input_above ? price.long_input : price.base;
}

// Adds `tokens` at `price`; false where either is needed and not known.
bool add(Wide& sum, const std::optional<std::uint64_t>& tokens, const std::optional<std::uint64_t>& price) {
  if (!tokens) return false;
  if (*tokens == 0) return true;
  if (!price) return false;
  sum += Wide{*tokens} * *price;
  return true;
}

std::optional<std::uint64_t> narrow(Wide micro_usd) {
  return micro_usd > kMost ? std::nullopt : std::optional(static_cast<std::uint64_t>(micro_usd));
}

// The dearest way in which an input token may be counted.
std::optional<std::uint64_t> dearest_input(const TokenPrices& prices) {
  if (!prices.input) return std::nullopt;
  return std::max({*prices.input, prices.cached_input.value_or(0), prices.cache_write.value_or(0)});
}

const ModelPrice* price_of(const Facts& facts) {
  if (!facts.model) return nullptr;
  const ModelOffer* offer = offer_of(facts.spec, facts.model->model);
  return offer != nullptr && offer->price ? &*offer->price : nullptr;
}

// How long an answer may be by settings and model; empty where neither says. Some hosts take thoughts as an addition to
// what the settings say, so that where thoughts are asked for the model's own limit alone counts.
std::optional<std::uint64_t> output_tokens_max(const Facts& facts) {
  const bool thinks = facts.spec.settings.reasoning.has_value();
  std::optional<std::uint64_t> most;
  if (!thinks && facts.spec.settings.max_output_tokens) most = *facts.spec.settings.max_output_tokens;
  const ModelOffer* offer = facts.model ? offer_of(facts.spec, facts.model->model) : nullptr;
  if (offer != nullptr && offer->output_tokens_max) most = std::min(most.value_or(kMost), *offer->output_tokens_max);
  return most;
}

bool is_empty(const Usage& usage) {
  return !usage.input && !usage.output && !usage.cached_input && !usage.cache_write && !usage.reasoning &&
         !usage.total && !usage.invalid && usage.unpriced.empty();
}

}  // namespace

std::optional<std::uint64_t> cost_of(const Usage& usage, const ModelPrice& price) {
  if (usage.invalid || !usage.unpriced.empty() || !usage.input || !usage.output) return std::nullopt;
  const TokenPrices& prices = prices_for(price, *usage.input);
  // Providers leave out what they have nothing of: input that was not said to be cached or written is plain.
  const std::optional<std::uint64_t> cached = usage.cached_input.value_or(0);
  const std::optional<std::uint64_t> written = usage.cache_write.value_or(0);
  if (*cached > *usage.input || *written > *usage.input - *cached) return std::nullopt;
  Wide sum = 0;
  const bool is_known = add(sum, *usage.input - *cached - *written, prices.input) &&
                        add(sum, cached, prices.cached_input) && add(sum, written, prices.cache_write) &&
                        add(sum, usage.output, prices.output);
  return is_known ? narrow((sum + kMillion / 2) / kMillion) : std::nullopt;
}

std::optional<std::uint64_t> cost_at_most(std::uint64_t input_tokens, std::uint64_t output_tokens,
                                          const ModelPrice& price) {
  const TokenPrices& prices = prices_for(price, input_tokens);
  const auto input_price = dearest_input(prices);
  if (!input_price || !prices.output) return std::nullopt;
  const Wide sum = Wide{input_tokens} * *input_price + Wide{output_tokens} * *prices.output;
  return narrow((sum + kMillion - 1) / kMillion).value_or(kMost);
}

events::UsageReported usage_report(const Facts& facts, const Attempt& attempt, Usage usage, bool is_whole) {
  const bool is_refused = attempt.status >= 400 && is_empty(usage) && !is_of_first_rules(facts.spec);
  if (is_refused) {
    usage = {.input = 0, .cached_input = 0, .cache_write = 0, .output = 0, .reasoning = 0, .total = 0};
  }
  events::UsageReported report{attempt.number, usage, std::nullopt, std::nullopt};
  if (const ModelPrice* price = price_of(facts)) {
    if (is_whole || is_refused) report.cost_micro_usd = cost_of(usage, *price);
    report.price_table = price->table;
  }
  return report;
}

std::uint64_t cost_bound(const Facts& facts, const Attempt& attempt, const Usage& usage) {
  const ModelPrice* price = price_of(facts);
  if (price == nullptr) return 0;
  std::uint64_t seen_bytes = 0;
  for (const ItemProgress& item : attempt.items) seen_bytes += item.text.size();
  const std::uint64_t most =
      attempt.max_output_tokens ? *attempt.max_output_tokens : output_tokens_max(facts).value_or(seen_bytes);
  const std::uint64_t input = std::max(usage.input.value_or(0), attempt_tokens(facts, attempt));
  return cost_at_most(input, std::max(usage.output.value_or(0), most), *price).value_or(0);
}

bool may_have_been_sent(const Error& error) {
  return error.code != name_of(ProviderErrorCode::provider_unreachable) &&
         error.code != name_of(ProviderErrorCode::provider_connect_timeout) &&
         error.code != name_of(ProviderErrorCode::provider_tls_failed);
}

std::uint64_t request_tokens(const Facts& facts) {
  std::uint64_t bytes = facts.spec.system.size();
  for (const ToolSpec& tool : facts.spec.tools) {
    bytes += tool.name.size() + tool.description.size() + tool.input_schema.text.size();
  }
  const std::uint64_t context = total_tokens(facts.context);
  const std::uint64_t most = context_tokens_max(facts.spec).value_or(context);
  return std::max(std::min(context, most), tokens_that_stay(facts.context, facts.spec)) + bytes / kBytesPerToken;
}

std::uint64_t attempt_tokens(const Facts& facts, const Attempt& attempt) {
  if (attempt.purpose == AttemptPurpose::answer) return request_tokens(facts);
  return total_tokens(attempt.going) + kAskTokens;
}

bool pays_for_both(const Facts& facts, std::uint64_t input_tokens, const std::optional<std::uint32_t>& output_tokens,
                   std::uint64_t then_tokens) {
  const auto& budget = facts.spec.budgets.cost_micro_usd;
  const ModelPrice* price = price_of(facts);
  if (!budget || price == nullptr) return true;
  const std::uint64_t output = output_tokens ? *output_tokens : output_tokens_max(facts).value_or(kMost);
  const auto first = cost_at_most(input_tokens, output, *price);
  const auto then = cost_at_most(then_tokens, kOutputTokensLeast, *price);
  if (!first || !then) return true;
  const std::uint64_t left = *budget - std::min(*budget, facts.spent_micro_usd);
  return *first <= left && *then <= left - *first;
}

bool takes_output_limit(const Facts& facts) {
  constexpr const char* kLimit = "max_output_tokens";
  if (!facts.model) return false;
  const bool is_dropped =
      std::ranges::find(facts.model->dropped, kLimit, &events::DroppedSetting::name) != facts.model->dropped.end();
  const ModelOffer* offer = offer_of(facts.spec, facts.model->model);
  return !is_dropped && (offer == nullptr || std::ranges::find(offer->unsupported, kLimit) == offer->unsupported.end());
}

Allowance allowance(const Facts& facts, std::uint64_t input_tokens) {
  Allowance allowed;
  const auto& budget = facts.spec.budgets.cost_micro_usd;
  if (!budget) return allowed;
  const std::uint64_t left = *budget - std::min(*budget, facts.spent_micro_usd);
  const ModelPrice* price = price_of(facts);
  const auto input_cost = price == nullptr ? std::nullopt : cost_at_most(input_tokens, 0, *price);
  if (!input_cost) {  // unpriced, and allowed to be
    allowed.fits = left > 0;
    return allowed;
  }
  const std::uint64_t most = std::min<std::uint64_t>(output_tokens_max(facts).value_or(kMost), UINT32_MAX);
  allowed.least_micro_usd =
      cost_at_most(input_tokens, std::min<std::uint64_t>(most, kOutputTokensLeast), *price).value_or(kMost);
  if (cost_at_most(input_tokens, most, *price).value_or(kMost) <= left) return allowed;
  // What is left for output, in tokens; where output is free, everything fits once the input does.
  const std::uint64_t output_price = prices_for(*price, input_tokens).output.value_or(0);
  const Wide room =
      left > *input_cost && output_price > 0 ? Wide{left - *input_cost} * kMillion / output_price : Wide{0};
  const auto tokens = static_cast<std::uint32_t>(std::min<Wide>(room, most));
  if (tokens < std::min<std::uint64_t>(most, kOutputTokensLeast) || !takes_output_limit(facts)) {
    allowed.fits = false;
  } else {
    allowed.max_output_tokens = tokens;
  }
  return allowed;
}

}  // namespace orchestrator::harness::kernel
