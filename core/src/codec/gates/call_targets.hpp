// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a tool call is about, read from its arguments by the names of their members, at any depth: paths, hosts and
// commands, and all texts. A pure function, safe on any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::codec {

struct CallTargets {
  std::vector<std::string> paths;                  // as they are written
  std::vector<std::optional<std::string>> hosts;   // by `host_of`
  std::vector<std::vector<std::string>> commands;  // programs with their arguments
  std::vector<std::string> scripts;                // texts for a shell
  std::vector<std::string> texts;                  // every text and every name of a member, unescaped
};

/// Members are known by their names, whatever their case, `-` and `_`: `path`, `file`, `from`, `url`, `host`, `argv`,
/// `command` and the like. Error: `tool_args_invalid` where the arguments are no JSON object, or are nested more than
/// 64 deep.
[[nodiscard]] Result<CallTargets> call_targets(std::string_view arguments);

}  // namespace orchestrator::harness::codec
