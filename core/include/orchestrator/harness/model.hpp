// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which model to call and how: model names, plans, and the settings of a generation.
// Plain values; safe to read from several threads.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness {

/// `provider/model`, such as `openai/gpt-5.6` or `scripted/demo.json`. The model part may contain slashes.
struct ModelRef {
  ProviderId provider;
  std::string model;

  /// From `provider/model`; an `invalid_argument` error says which part is missing or malformed.
  static Result<ModelRef> parse(std::string_view text);
  [[nodiscard]] std::string str() const { return provider.str() + "/" + model; }
  auto operator<=>(const ModelRef&) const = default;
};

/// What to do with a setting or an input part that the chosen model does not take.
enum class OnUnsupported : std::uint8_t { refuse, drop };

/// What every model of a plan must be able to do, whatever the run itself asks for. A number that is not known of a
/// model rejects it; so does a region.
struct ModelNeeds {
  std::vector<std::string> capabilities;          // names as in `ModelOffer::unsupported`
  std::optional<std::uint64_t> context_tokens;    // at least
  std::optional<std::uint64_t> output_tokens;     // at least, in one answer
  std::string wire;                               // the protocol, such as `responses`; empty: any
  std::vector<std::string> regions;               // one of these; empty: any
  std::optional<std::uint64_t> input_price_max;   // micro-USD for a million tokens
  std::optional<std::uint64_t> output_price_max;  // micro-USD for a million tokens
  bool operator==(const ModelNeeds&) const = default;
};

/// The model of a run, and the ones to fall back to, in order.
struct ModelPlan {
  ModelRef primary;
  std::vector<ModelRef> fallbacks;
  OnUnsupported on_unsupported = OnUnsupported::refuse;
  ModelNeeds needs = {};
  bool operator==(const ModelPlan&) const = default;
};

/// What tokens cost, in micro-USD for a million of them (1.25 USD is 1'250'000); empty is unknown, which is not free.
struct TokenPrices {
  std::optional<std::uint64_t> input;
  std::optional<std::uint64_t> cached_input;
  std::optional<std::uint64_t> cache_write;
  std::optional<std::uint64_t> output;  // reasoning included
  bool operator==(const TokenPrices&) const = default;
};

/// The prices of a model, as one table gave them.
struct ModelPrice {
  TokenPrices base;
  std::optional<std::uint64_t> long_input_above;  // tokens: a request with more input is priced by `long_input` whole
  TokenPrices long_input;
  std::string table;  // which table, and of which model where the price is that of a relative
  bool operator==(const ModelPrice&) const = default;
};

enum class ReasoningEffort : std::uint8_t { none, minimal, low, medium, high, xhigh, max };

struct ReasoningSettings {
  std::optional<ReasoningEffort> effort;
  std::optional<std::uint32_t> budget_tokens;
  bool summaries = false;  // ask for visible reasoning where the provider sends it only on request
  bool operator==(const ReasoningSettings&) const = default;
};

enum class ToolChoiceMode : std::uint8_t { automatic, none, required, named };

struct ToolChoice {
  ToolChoiceMode mode = ToolChoiceMode::automatic;
  std::string name;  // for `named`
  bool operator==(const ToolChoice&) const = default;
};

/// A JSON Schema that the answer must satisfy.
struct OutputSchema {
  std::string name;  // 1 to 64 of [A-Za-z0-9_-]
  RawJson schema;
  bool strict = true;
  bool operator==(const OutputSchema&) const = default;
};

/// How to generate. Everything unset is left to the provider's default.
struct GenerationSettings {
  std::optional<double> temperature;  // 0 to 2
  std::optional<double> top_p;        // 0 to 1
  std::vector<std::string> stop;      // at most 16
  std::optional<std::int64_t> seed;
  std::optional<std::uint32_t> max_output_tokens;  // of one provider answer, reasoning included
  std::optional<std::uint64_t> max_input_tokens;   // of one request, by estimate; older history is trimmed to fit
  std::optional<ReasoningSettings> reasoning;
  std::optional<ToolChoice> tool_choice;
  std::optional<bool> parallel_tool_calls;
  std::optional<OutputSchema> output_schema;
  std::vector<std::pair<std::string, std::string>> metadata;  // sent to the provider where it takes any
  bool operator==(const GenerationSettings&) const = default;
};

/// Sets one setting by its command-line name (`temperature`, `top_p`, `stop`, `seed`, `max_output_tokens`,
/// `max_input_tokens`, `reasoning`, `reasoning_budget_tokens`, `reasoning_summaries`, `tool_choice`,
/// `parallel_tool_calls`, `metadata.KEY`). An unknown key is an `invalid_argument` with the nearest known
/// one; a value of the wrong type or out of range names the range.
[[nodiscard]] Result<void> set_by_name(GenerationSettings& settings, std::string_view key, std::string_view value);

/// What one model of one adapter takes, as far as is known. Names in `unsupported` are those of `set_by_name`
/// plus `output_schema`, `tools`, and `input.image`, `input.audio`, `input.video`, `input.file`, `input.json`.
struct ModelOffer {
  ModelRef model;
  std::string wire;                      // the adapter's wire format: `responses`, `chat`
  std::vector<std::string> unsupported;  // sorted
  std::optional<std::uint64_t> context_tokens;
  std::optional<std::uint64_t> output_tokens_max;
  std::vector<std::string> regions = {};  // where it runs, as far as the catalogue says
  std::optional<ModelPrice> price = {};   // empty: unknown
  bool operator==(const ModelOffer&) const = default;
};

}  // namespace orchestrator::harness
