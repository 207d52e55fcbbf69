// SPDX-License-Identifier: Apache-2.0
#include "runtime/compiler_check.hpp"

#include <boost/asio/awaitable.hpp>

#include "tools/todo/todo_tool.hpp"

namespace orchestrator::harness::tools {
namespace {

class TodoCompensator final : public Compensator {
 public:
  Awaitable<std::expected<CompensationLook, ToolError>> look(CompensationCall, CompensationContext) override {
    CompensationLook look;
    look.verdict = UndoVerdict::nothing_to_do;
    look.reason = "the list of steps is the session's own";
    co_return look;
  }
  Awaitable<CompensationResult> restore(CompensationCall, UndoStep, CompensationContext) override {
    co_return CompensationResult{};
  }
};

}  // namespace

std::shared_ptr<Compensator> make_todo_compensator() { return std::make_shared<TodoCompensator>(); }

}  // namespace orchestrator::harness::tools
