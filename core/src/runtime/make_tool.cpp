// SPDX-License-Identifier: Apache-2.0
#include "runtime/compiler_check.hpp"

#include "orchestrator/harness/make_tool.hpp"

#include "runtime/blocking_tool.hpp"

namespace orchestrator::harness {
namespace {

class AwaitableTool : public Tool {
 public:
  AwaitableTool(ToolSpec spec, AwaitableFunction function) : spec_(std::move(spec)), function_(std::move(function)) {}
  [[nodiscard]] const ToolSpec& spec() const override { return spec_; }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation, ToolContext context) override {
    return function_(std::move(call), std::move(context));
  }

 private:
  ToolSpec spec_;
  AwaitableFunction function_;
};

}  // namespace

std::shared_ptr<Tool> make_blocking_tool(ToolSpec spec, BlockingFunction function) {
  return std::make_shared<runtime::BlockingTool>(std::move(spec), std::move(function));
}

std::shared_ptr<Tool> make_awaitable_tool(ToolSpec spec, AwaitableFunction function) {
  return std::make_shared<AwaitableTool>(std::move(spec), std::move(function));
}

}  // namespace orchestrator::harness
