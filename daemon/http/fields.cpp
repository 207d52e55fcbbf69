// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/fields.hpp"

#include <algorithm>

namespace orchestrator::daemon {
namespace {

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

}  // namespace

bool equal_names(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const auto& [known, value] : fields_) {
    if (equal_names(known, name)) return value;
  }
  return std::nullopt;
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields_, [&](const auto& field) { return equal_names(field.first, name); }));
}

}  // namespace orchestrator::daemon
