// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every command and flag of `orchestrator`, in one table: the parser, --help, the completion scripts and the man
// page's test read it, so none of them can know a flag that the others do not. Constant data, safe on any thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace orchestrator::cli {

/// What a shell may complete the value of a flag or an argument with.
enum class ValueKind : std::uint8_t { text, file, run, session, tool, choice };

struct FlagSpec {
  std::string_view name;        // with its dashes
  std::string_view value;       // its value's name in the help; empty: a switch
  std::string_view help;        // one line, no full stop
  std::string_view since = {};  // the version it comes with; empty: it is there
  bool repeated = false;
  ValueKind kind = ValueKind::text;
  std::string_view choices = {};  // of `choice`: words separated by one space
};

struct ArgumentSpec {
  std::string_view name;
  std::string_view help;
  bool required = true;
  ValueKind kind = ValueKind::text;
  std::string_view choices = {};
  bool repeated = false;  // the last one: any number of words
};

struct CommandSpec {
  std::string_view name;         // words separated by one space, such as `runs list`
  std::string_view summary;      // one line, no full stop
  std::string_view description;  // paragraphs for --help; may be empty
  std::vector<ArgumentSpec> arguments;
  std::vector<FlagSpec> flags;
  std::string_view examples;    // one a line
  std::string_view since = {};  // the version it comes with; empty: it is there
};

/// A word that has commands below it, such as `runs`.
struct GroupSpec {
  std::string_view name;
  std::string_view summary;
};

/// All commands, in the order of the help. Static lifetime.
[[nodiscard]] const std::vector<CommandSpec>& command_table();
/// The words that commands of two words begin with.
[[nodiscard]] std::span<const GroupSpec> group_table();

/// The command of that name, or null.
[[nodiscard]] const CommandSpec* find_command(std::string_view name);
/// The group of that name, or null.
[[nodiscard]] const GroupSpec* find_group(std::string_view name);
/// The commands below a group, in table order.
[[nodiscard]] std::vector<const CommandSpec*> commands_of(std::string_view group);

}  // namespace orchestrator::cli
