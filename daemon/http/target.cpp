// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/target.hpp"

#include <cstddef>

#include "event/json_writer.hpp"

namespace orchestrator::daemon {
namespace {

constexpr std::size_t kParametersMax = 64;

int digit_of(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    char letter = text[at];
    if (letter == '%') {
      const int high = at + 2 < text.size() ? digit_of(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? digit_of(text[at + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      letter = static_cast<char>(high * 16 + low);
      at += 2;
    } else if (letter == '+' && plus_is_space) {
      letter = ' ';
    }
    if (letter == '\0') return std::nullopt;
    decoded.push_back(letter);
  }
  if (!harness::event::is_valid_utf8(decoded)) return std::nullopt;
  return decoded;
}

std::expected<Target, std::string> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') return std::unexpected("the target must be a path that begins with '/'");
  if (text.find('#') != std::string_view::npos) return std::unexpected("the target has a fragment");
  Target target;
  const std::size_t mark = text.find('?');
  target.path = std::string(text.substr(0, mark));
  if (!percent_decoded(target.path, false)) return std::unexpected("the path has a broken escape, or is not UTF-8");
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t sign = pair.find('=');
    auto name = percent_decoded(pair.substr(0, sign), true);
    auto value = percent_decoded(sign == std::string_view::npos ? std::string_view() : pair.substr(sign + 1), true);
    if (!name || !value) return std::unexpected("the query has a broken escape, or is not UTF-8");
    if (target.query.size() == kParametersMax) return std::unexpected("the query has more than 64 parameters");
    target.query.emplace_back(*std::move(name), *std::move(value));
  }
  return target;
}

}  // namespace orchestrator::daemon
