// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the tools that change files have in common: a call is planned by looking, shown as a diff, asked about, planned
// once more as it starts, and carried out only if nothing has changed. Used on the harness's thread; the looking and
// the changing run on threads of their own.

#include "runtime/compiler_check.hpp"

#include <boost/json.hpp>

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/harness/awaitable.hpp"
#include "orchestrator/harness/tools.hpp"
#include "tools/files/file_change.hpp"

namespace orchestrator::harness::tools {

class ChangingTool : public Tool {
 public:
  ChangingTool(std::string name, std::string description, std::string schema, std::vector<std::string> more_protected);
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<std::expected<ToolPreparation, ToolError>> prepare(ToolCall call, ToolContext context) override;
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation preparation, ToolContext context) override;
  Awaitable<ToolVerdict> verify(ToolCall call, std::optional<UndoRecord> undo, ToolContext context) override;

 protected:
  /// Plans the call, and changes nothing. On a thread of its own.
  virtual std::expected<FileChange, ToolError> plan(const boost::json::object& arguments,
                                                    const Workspace& workspace) const = 0;
  /// Opens a path that is to be changed; a protected one is `protected_path`.
  [[nodiscard]] std::expected<OpenPath, ToolError> open_changing(const Workspace& workspace,
                                                                 const std::string& path) const;
  /// The same for what leaves its place: a folder that something protected is in is `protected_path` too.
  [[nodiscard]] std::expected<OpenPath, ToolError> open_moving(const Workspace& workspace,
                                                               const std::string& path) const;

 private:
  // What is protected besides the built-in paths.
  [[nodiscard]] std::vector<std::string> protected_in(const Workspace& workspace) const;
  [[nodiscard]] std::expected<FileChange, ToolError> plan_call(const ToolCall& call, const ToolContext& context) const;

  ToolSpec spec_;
  std::vector<std::string> more_protected_;
};

/// A text argument; empty where there is none.
[[nodiscard]] std::string text_of(const boost::json::object& arguments, std::string_view name);
/// The arguments of a call as an object. Error: `tool_args_invalid`.
[[nodiscard]] std::expected<boost::json::object, ToolError> object_of(const ToolCall& call);
/// What a call without a workspace is answered with.
[[nodiscard]] ToolError no_workspace();

}  // namespace orchestrator::harness::tools
