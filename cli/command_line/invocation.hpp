// SPDX-License-Identifier: Apache-2.0
#pragma once

// A command line after parsing: the command, its flags and its arguments, all known to the command table and valid
// UTF-8. A value; safe to read from several threads. The command is one of the table and lives for ever.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_line/command_table.hpp"

namespace orchestrator::cli {

struct Invocation {
  const CommandSpec* command = nullptr;
  std::map<std::string, std::vector<std::string>, std::less<>> flags;  // by name with dashes; a switch has one ""
  std::vector<std::string> arguments;

  [[nodiscard]] bool has(std::string_view flag) const { return flags.contains(flag); }
  /// The value of a flag that was given; of a repeated one the last.
  [[nodiscard]] std::optional<std::string> value(std::string_view flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::nullopt : std::optional(found->second.back());
  }
  /// All values of a repeated flag, in order.
  [[nodiscard]] std::vector<std::string> values(std::string_view flag) const {
    const auto found = flags.find(flag);
    return found == flags.end() ? std::vector<std::string>{} : found->second;
  }
  [[nodiscard]] std::optional<std::string> argument(std::size_t index) const {
    return index < arguments.size() ? std::optional(arguments[index]) : std::nullopt;
  }
};

/// The help that was asked for: of one command, of one group, or of the program (both null).
struct HelpWanted {
  const CommandSpec* command = nullptr;
  const GroupSpec* group = nullptr;
};

/// What is wrong with a command line, in one line, and whose usage to show with it (may be null).
struct UsageError {
  std::string message;
  const CommandSpec* command = nullptr;
};

}  // namespace orchestrator::cli
