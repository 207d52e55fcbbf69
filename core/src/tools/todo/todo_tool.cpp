// SPDX-License-Identifier: Apache-2.0
#include "tools/todo/todo_tool.hpp"

#include "runtime/compiler_check.hpp"

#include <cstddef>
#include <list>
#include <mutex>
#include <utility>

#include "orchestrator/harness/awaitable.hpp"
#include "tools/todo/todo_list.hpp"

namespace orchestrator::harness::tools {

namespace {

constexpr std::size_t kSessionsMax = 256;

constexpr const char* kSchema = R"json({
  "type": "object",
  "properties": {
    "items": {
      "type": "array",
      "maxItems": 100,
      "items": {
        "type": "object",
        "properties": {
          "text": {"type": "string", "maxLength": 500},
          "status": {"enum": ["pending", "active", "done"]}
        },
        "required": ["text", "status"],
        "additionalProperties": false
      }
    }
  },
  "additionalProperties": false
})json";

class Todo final : public Tool {
 public:
  Todo() {
    spec_.name = "todo";
    spec_.description =
        "Keeps the list of steps of this session. With items it replaces the whole list; without, it shows it. "
        "Mark one item active while you work on it.";
    spec_.input_schema = RawJson{kSchema};
    spec_.effect_class = EffectClass::idempotent;
    spec_.approval = ApprovalNeed::none;
    spec_.timeout_ms = 5'000;
    spec_.reach = ToolReach::inside;
    spec_.is_output_trusted = true;  // the model's own list
  }

  const ToolSpec& spec() const override { return spec_; }

  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation preparation, ToolContext context) override {
    (void)preparation;
    auto given = read_todo_list(call.arguments);
    if (!given) {
      ToolError& error = given.error();
      co_return ToolResult::failure(error.code, std::move(error.message), std::move(error.at));
    }
    const TodoList list = update(context.session_id, std::move(*given));
    ToolResult result = ToolResult::text(todo_text(list));
    result.parts.emplace_back(JsonPart{todo_json(list)});
    co_return result;
  }

 private:
  struct Entry {
    SessionId session;
    TodoList list;
  };

  // The list of the session afterwards. The one used last stands first; the last falls out.
  TodoList update(const SessionId& session, std::optional<TodoList> given) {
    const std::scoped_lock lock(mutex_);
    auto at = entries_.begin();
    while (at != entries_.end() && at->session != session) ++at;
    if (at == entries_.end()) {
      if (!given) return {};
      entries_.push_front({session, {}});
      if (entries_.size() > kSessionsMax) entries_.pop_back();
    } else {
      entries_.splice(entries_.begin(), entries_, at);
    }
    if (given) entries_.front().list = std::move(*given);
    return entries_.front().list;
  }

  ToolSpec spec_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // guarded by mutex_
};

}  // namespace

std::shared_ptr<Tool> make_todo(const BuiltInToolsConfig& config) {
  (void)config;
  return std::make_shared<Todo>();
}

}  // namespace orchestrator::harness::tools
