// SPDX-License-Identifier: Apache-2.0
// What every tool has without saying so, and the common forms of results.
#include "runtime/compiler_check.hpp"

#include <utility>

#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness {

Awaitable<std::expected<ToolPreparation, ToolError>> Tool::prepare(ToolCall, ToolContext) {
  co_return ToolPreparation{};
}

Awaitable<ToolVerdict> Tool::verify(ToolCall, std::optional<UndoRecord>, ToolContext) { co_return ToolVerdict{}; }

ToolResult ToolResult::text(std::string text) {
  ToolResult result;
  result.parts.emplace_back(TextPart{std::move(text)});
  return result;
}

ToolResult ToolResult::json(RawJson json) {
  ToolResult result;
  result.parts.emplace_back(JsonPart{std::move(json)});
  return result;
}

ToolResult ToolResult::file(SharedBytes bytes, std::string media_type, std::string name) {
  ToolResult result;
  MediaSource source;
  source.bytes = std::move(bytes);
  source.media_type = std::move(media_type);
  source.name = std::move(name);
  if (source.media_type.starts_with("image/")) {
    result.parts.emplace_back(ImagePart{std::move(source), {}});
  } else {
    result.parts.emplace_back(FilePart{std::move(source)});
  }
  return result;
}

ToolResult ToolResult::failure(ToolErrorCode code, std::string message, std::string at) {
  ToolResult result;
  result.error = ToolError{code, std::move(message), std::move(at), {}};
  result.outcome = ToolOutcome::error;
  return result;
}

}  // namespace orchestrator::harness
