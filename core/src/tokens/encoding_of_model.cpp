// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "orchestrator/harness/token_counter.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::string_view kO200k = "o200k_base";
constexpr std::string_view kCl100k = "cl100k_base";

// A family is its name and what follows it behind a hyphen; `o1` and `o1-mini`, not `o100`.
struct Family {
  std::string_view name;
  std::string_view encoding;
};

constexpr std::array kFamilies{
    Family{"gpt-5", kO200k},
    Family{"gpt-4.5", kO200k},
    Family{"gpt-4.1", kO200k},
    Family{"gpt-4o", kO200k},
    Family{"chatgpt-4o", kO200k},
    Family{"o1", kO200k},
    Family{"o3", kO200k},
    Family{"o4", kO200k},
    Family{"gpt-4", kCl100k},
    Family{"gpt-3.5", kCl100k},
    Family{"text-embedding-3", kCl100k},
    Family{"text-embedding-ada-002", kCl100k},
};

bool is_of(std::string_view model, std::string_view family) {
  if (!model.starts_with(family)) return false;
  model.remove_prefix(family.size());
  // A fine-tuned model goes on with its owner: `ft:gpt-4o:acme::id`.
  return model.empty() || model.front() == '-' || model.front() == ':';
}

// The fifth generation counts on behind a dot, `gpt-5.1`, and kept its encoding.
bool is_of_fifth_generation(std::string_view model) { return model.starts_with("gpt-5."); }

}  // namespace

std::optional<std::string_view> encoding_of_model(std::string_view model) {
  if (model.starts_with("ft:")) model.remove_prefix(3);
  if (is_of_fifth_generation(model)) return kO200k;
  for (const Family& family : kFamilies) {
    if (is_of(model, family.name)) return family.encoding;
  }
  return std::nullopt;
}

}  // namespace orchestrator::harness
