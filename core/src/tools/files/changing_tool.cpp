// SPDX-License-Identifier: Apache-2.0
#include "tools/files/changing_tool.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "event/exact_json.hpp"
#include "tools/files/off_thread.hpp"

namespace orchestrator::harness::tools {
namespace {

constexpr std::size_t kJsonDepthMax = 128;
constexpr std::uint64_t kTimeoutMs = 60'000;
constexpr std::array kPathArguments{"path", "from", "to"};

// A call that could be planned once, and now fails for what is in the file, fails because that has changed.
ToolError as_stale(ToolError error) {
  switch (error.code) {
    case ToolErrorCode::edit_no_match:
    case ToolErrorCode::edit_ambiguous:
    case ToolErrorCode::not_found:
    case ToolErrorCode::already_exists:
    case ToolErrorCode::not_a_regular_file:
    case ToolErrorCode::file_too_large:
      error.message = "what is there has changed since the call was prepared; nothing was done: " + error.message;
      error.code = ToolErrorCode::stale_file;
      return error;
    default:
      return error;
  }
}

// A secret that is moved to a harmless name could be read under it.
bool touches_secrets(const ToolCall& call, const Workspace& workspace) {
  const auto arguments = object_of(call);
  if (!arguments) return true;
  return std::ranges::any_of(kPathArguments, [&](const char* name) {
    const std::string path = text_of(*arguments, name);
    return !path.empty() && leads_to_secrets(workspace, path);
  });
}

}  // namespace

std::string text_of(const boost::json::object& arguments, std::string_view name) {
  const boost::json::value* value = arguments.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::expected<boost::json::object, ToolError> object_of(const ToolCall& call) {
  auto value = event::parse_exact(call.arguments.text, kJsonDepthMax);
  if (!value || !value->is_object()) {
    return std::unexpected(ToolError{ToolErrorCode::tool_args_invalid, "the arguments are no JSON object", {}, {}});
  }
  return std::move(value->get_object());
}

ToolError no_workspace() {
  return {ToolErrorCode::path_outside_workspace, "this run has no workspace: name one for it", "workspace", {}};
}

ChangingTool::ChangingTool(std::string name, std::string description, std::string schema,
                           std::vector<std::string> more_protected)
    : more_protected_(std::move(more_protected)) {
  spec_.name = std::move(name);
  spec_.description = std::move(description);
  spec_.input_schema = {std::move(schema)};
  spec_.effect_class = EffectClass::reversible;
  spec_.approval = ApprovalNeed::ask;
  spec_.timeout_ms = kTimeoutMs;
  spec_.reach = ToolReach::inside;
  spec_.is_output_trusted = true;  // it says what was changed, in the harness's own words, and shows no content
}

std::vector<std::string> ChangingTool::protected_in(const Workspace& workspace) const {
  std::vector<std::string> paths = more_protected_;
  if (auto repository = git_folder(workspace)) paths.push_back(*std::move(repository));
  return paths;
}

std::expected<OpenPath, ToolError> ChangingTool::open_changing(const Workspace& workspace,
                                                               const std::string& path) const {
  const std::vector<std::string> more = protected_in(workspace);
  const auto refusal = [](const std::string& name) {
    return std::unexpected(
        ToolError{ToolErrorCode::protected_path, "'" + name + "' is protected: tools never change it", "/path", {}});
  };
  // By its text as well: what is not there yet cannot be opened, and is protected all the same.
  std::filesystem::path text = std::filesystem::path(path).lexically_normal();
  if (text.is_absolute()) text = text.lexically_relative(workspace.directory());
  if (is_protected(text.generic_string(), more)) return refusal(text.generic_string());
  auto opened = open_path(workspace, path);
  if (!opened) return opened;
  if (opened->path == ".") {
    return std::unexpected(ToolError{ToolErrorCode::path_invalid, "that is the workspace itself", "/path", {}});
  }
  if (is_protected(opened->path, more)) return refusal(opened->path);
  return opened;
}

std::expected<OpenPath, ToolError> ChangingTool::open_moving(const Workspace& workspace,
                                                             const std::string& path) const {
  auto opened = open_changing(workspace, path);
  if (opened && holds_protected(opened->path, protected_in(workspace))) {
    return std::unexpected(ToolError{ToolErrorCode::protected_path,
                                     "something in '" + opened->path + "' is protected: it stays where it is",
                                     "/from",
                                     {}});
  }
  return opened;
}

std::expected<FileChange, ToolError> ChangingTool::plan_call(const ToolCall& call, const ToolContext& context) const {
  if (!context.workspace) return std::unexpected(no_workspace());
  auto arguments = object_of(call);
  if (!arguments) return std::unexpected(arguments.error());
  return plan(*arguments, *context.workspace);
}

Awaitable<std::expected<ToolPreparation, ToolError>> ChangingTool::prepare(ToolCall call, ToolContext context) {
  using Prepared = std::expected<ToolPreparation, ToolError>;
  std::function<Prepared()> look = [this, call, context]() -> Prepared {
    const auto change = plan_call(call, context);
    if (!change) return std::unexpected(change.error());
    ToolPreparation preparation;
    preparation.undo = undo_record(*change);
    preparation.targets = targets_of(*change);
    preparation.preview = change->preview;
    if (touches_secrets(call, *context.workspace)) preparation.reach = ToolReach::secrets;
    return preparation;
  };
  Prepared prepared = co_await off_thread(std::move(look));
  co_return prepared;
}

Awaitable<ToolResult> ChangingTool::execute(ToolCall call, ToolPreparation preparation, ToolContext context) {
  std::function<ToolResult()> work = [this, call, preparation, context] {
    const auto change = plan_call(call, context);
    if (!change) {
      const ToolError error = preparation.undo ? as_stale(change.error()) : change.error();
      return ToolResult::failure(error.code, error.message, error.at);
    }
    if (preparation.undo) {
      if (const auto error = planned_otherwise(*preparation.undo, *change)) {
        return ToolResult::failure(error->code, error->message, error->at);
      }
    }
    if (auto done = carry_out(*context.workspace, *change); !done) {
      return ToolResult::failure(done.error().code, done.error().message, done.error().at);
    }
    return ToolResult::text(change->done);
  };
  co_return co_await off_thread(std::move(work));
}

Awaitable<ToolVerdict> ChangingTool::verify(ToolCall, std::optional<UndoRecord> undo, ToolContext context) {
  if (!undo || !context.workspace) co_return ToolVerdict{};
  std::function<ToolVerdict()> look = [undo = *undo, context] { return verify_change(*context.workspace, undo); };
  co_return co_await off_thread(std::move(look));
}

}  // namespace orchestrator::harness::tools
