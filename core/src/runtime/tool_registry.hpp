// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the runtime needs of a registry and its users do not. Immutable once made; any thread may use it.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json_schema/json_schema.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

struct ToolRegistry::Entries {
  struct Entry {
    std::shared_ptr<Tool> tool;  // shared by every registry that holds it
    codec::JsonSchema input;
    std::optional<codec::JsonSchema> output;
  };
  std::map<std::string, Entry, std::less<>> by_name;
};

class ToolRegistryAccess {
 public:
  /// Adds every tool of `more` that `registry` has no tool of the same name for.
  static void merge(ToolRegistry& registry, const ToolRegistry& more);
  /// Keeps only the tools of these names. Error: `invalid_argument` naming the one that is not there, and the nearest.
  static Result<ToolRegistry> only(const ToolRegistry& registry, const std::vector<std::string>& names);
  /// The arguments as the tool shall see them: of a strict tool without the nulls that its host wants in place of
  /// optional properties; else as they are.
  static std::string tool_arguments(const ToolRegistry& registry, std::string_view tool, std::string arguments);
  /// What `tool_arguments` gave against the tool's schema; nothing where it fits. The error names each place, the
  /// keyword and what is allowed, for the model to read.
  static std::optional<ToolError> check_arguments(const ToolRegistry& registry, std::string_view tool,
                                                  std::string_view arguments);
  /// A result's JSON against the tool's output schema, where there is one.
  static std::optional<ToolError> check_output(const ToolRegistry& registry, std::string_view tool,
                                               std::string_view json);
};

}  // namespace orchestrator::harness
