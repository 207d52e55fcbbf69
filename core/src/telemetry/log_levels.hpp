// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which lines are wanted: one level for all modules, and exceptions by module. A value; reading it is thread-safe.

#include <map>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/observability.hpp"

namespace orchestrator::harness::telemetry {

class LogLevels {
 public:
  /// From `LEVEL` or `LEVEL,MODULE=LEVEL,...` with levels trace, debug, info, warn, error, off; empty is off.
  /// Error: `configuration_invalid`, naming what is wrong and the known words.
  static Result<LogLevels> parse(std::string_view text);
  [[nodiscard]] bool wants(std::string_view module, LogLevel level) const;

 private:
  LogLevel common_ = LogLevel::off;
  std::map<std::string, LogLevel, std::less<>> by_module_;
};

/// The word of a level.
[[nodiscard]] std::string_view name_of(LogLevel level);

}  // namespace orchestrator::harness::telemetry
