// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log_levels.hpp"

#include <array>
#include <optional>

namespace orchestrator::harness::telemetry {
namespace {

constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 6> kModules{"http", "provider", "run", "session", "journal", "local"};

std::optional<LogLevel> level_of(std::string_view word) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == word) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& words, std::string_view word) {
  for (const std::string_view known : words) {
    if (known == word) return true;
  }
  return false;
}

std::unexpected<Error> invalid(std::string message) {
  return fail(RuntimeErrorCode::configuration_invalid,
              std::move(message) +
                  ": expected LEVEL or LEVEL,MODULE=LEVEL,... with levels trace, debug, info, warn, error, off and "
                  "modules http, provider, run, session, journal, local",
              "ORCHESTRATOR_LOG");
}

}  // namespace

std::string_view name_of(LogLevel level) { return kNames.at(static_cast<std::size_t>(level)); }

Result<LogLevels> LogLevels::parse(std::string_view text) {
  LogLevels levels;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view item = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    const std::size_t equals = item.find('=');
    const auto level = level_of(equals == std::string_view::npos ? item : item.substr(equals + 1));
    if (!level) return invalid("'" + std::string(item) + "' has no known log level");
    if (equals == std::string_view::npos) {
      levels.common_ = *level;
    } else if (!contains(kModules, item.substr(0, equals))) {
      return invalid("'" + std::string(item.substr(0, equals)) + "' is no log module");
    } else {
      levels.by_module_[std::string(item.substr(0, equals))] = *level;
    }
  }
  return levels;
}

bool LogLevels::wants(std::string_view module, LogLevel level) const {
  if (level == LogLevel::off) return false;
  const auto found = by_module_.find(module);
  return level >= (found == by_module_.end() ? common_ : found->second);
}

}  // namespace orchestrator::harness::telemetry
