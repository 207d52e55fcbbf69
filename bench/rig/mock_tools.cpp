// SPDX-License-Identifier: Apache-2.0
#include "mock_tools.hpp"

#include <charconv>

namespace bench {

std::optional<std::uint32_t> parse_tool_steps(std::string_view model) {
  constexpr std::string_view prefix = "mock-tools-";
  if (!model.starts_with(prefix)) return std::nullopt;
  model.remove_prefix(prefix.size());
  std::uint32_t steps = 0;
  const auto [end, error] = std::from_chars(model.data(), model.data() + model.size(), steps);
  if (error != std::errc() || end != model.data() + model.size() || steps < 1 || steps > 1'000) return std::nullopt;
  return steps;
}

std::uint32_t count_tool_results(std::string_view content) {
  constexpr std::string_view mark = "\"function_call_output\"";
  std::uint32_t count = 0;
  for (std::size_t at = content.find(mark); at != std::string_view::npos; at = content.find(mark, at + mark.size()))
    ++count;
  return count;
}

}  // namespace bench
