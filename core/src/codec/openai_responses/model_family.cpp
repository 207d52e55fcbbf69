// SPDX-License-Identifier: Apache-2.0
#include "codec/openai_responses/model_family.hpp"

#include <algorithm>
#include <array>

namespace orchestrator::harness::codec::responses {
namespace {

bool is_digit(char character) { return character >= '0' && character <= '9'; }

template <std::size_t Size>
bool starts_with_any(std::string_view name, const std::array<std::string_view, Size>& prefixes) {
  return std::ranges::any_of(prefixes, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// True for `base` itself and for its dated snapshots (`base-2026-...`), not for its other variants (`base-chat`).
bool is_snapshot_of(std::string_view name, std::string_view base) {
  if (!name.starts_with(base)) return false;
  name.remove_prefix(base.size());
  return name.empty() || (name.size() > 1 && name[0] == '-' && is_digit(name[1]));
}

constexpr std::array<std::string_view, 5> kPlain{"gpt-3", "gpt-4", "chatgpt-", "gpt-5-chat", "davinci"};
// Measured or documented to refuse `temperature`.
constexpr std::array<std::string_view, 5> kFixedSampling{"gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-6.1-sol",
                                                         "gpt-6-astra"};

}  // namespace

ModelFamily family_of(std::string_view name) {
  if (name.starts_with("ft:")) name.remove_prefix(3);
  name = name.substr(name.rfind('/') + 1);  // npos + 1 is 0
  ModelFamily family;
  if (starts_with_any(name, kPlain)) {
    family.reasons = false;
    return family;
  }
  const bool is_o_series = name.size() > 1 && name[0] == 'o' && is_digit(name[1]);
  const bool is_gpt = name.size() > 4 && name.starts_with("gpt-") && is_digit(name[4]);
  family.encrypts_reasoning = is_o_series || is_gpt || name.starts_with("codex-") || name.starts_with("grok-4");
  const bool is_fixed =
      std::ranges::any_of(kFixedSampling, [name](std::string_view base) { return is_snapshot_of(name, base); });
  family.takes_sampling = !is_o_series && !is_fixed;
  return family;
}

}  // namespace orchestrator::harness::codec::responses
