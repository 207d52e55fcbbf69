// SPDX-License-Identifier: Apache-2.0
#pragma once

// One to-do list: read from a call's arguments, written for the model. Plain values, pure functions.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::tools {

enum class TodoStatus : std::uint8_t { pending, active, done };

struct TodoItem {
  std::string text;
  TodoStatus status = TodoStatus::pending;
  bool operator==(const TodoItem&) const = default;
};

using TodoList = std::vector<TodoItem>;

/// The list of a call, or nothing where the call only asks for it.
[[nodiscard]] std::expected<std::optional<TodoList>, ToolError> read_todo_list(const RawJson& arguments);

/// One line an item: `[ ]` pending, `[>]` active, `[x]` done.
[[nodiscard]] std::string todo_text(const TodoList& list);

/// `{"items": [{"text": ..., "status": ...}]}`.
[[nodiscard]] RawJson todo_json(const TodoList& list);

}  // namespace orchestrator::harness::tools
