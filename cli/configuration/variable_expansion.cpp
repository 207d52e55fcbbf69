// SPDX-License-Identifier: Apache-2.0
#include "cli/configuration/variable_expansion.hpp"

#include "cli/display/quoted_text.hpp"

namespace orchestrator::cli {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

}  // namespace

std::expected<std::string, std::string> expand_variables(std::string_view text, const Environment& environment) {
  std::string out;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    out.append(text.substr(0, dollar));
    text.remove_prefix(std::min(dollar, text.size()));
    if (text.starts_with("$${")) {
      out.append("${");
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      const std::string name(text.substr(2, end == std::string_view::npos ? end : end - 2));
      if (end == std::string_view::npos || name.empty() || name.find_first_not_of(kLetters) != std::string::npos) {
        return std::unexpected("has " + quoted_text("${" + name, 40) + ", which is no ${NAME}");
      }
      const auto value = environment(name);
      if (!value) {
        return std::unexpected("needs the environment variable " + name + ", which is not set");
      }
      out.append(*value);
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      out.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace orchestrator::cli
