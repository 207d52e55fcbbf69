// SPDX-License-Identifier: Apache-2.0
#include "evals/recorded_tools.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>

#include "codec/json_schema/null_members.hpp"
#include "kernel/tool_calls.hpp"

namespace orchestrator::harness::evals {
namespace {

ToolResult result_of(const events::ToolCallFinished& finished) {
  ToolResult result;
  result.parts = finished.result;
  result.outcome = finished.outcome;
  if (finished.error) {
    auto known = as_tool_error(*finished.error);
    result.error = known ? *known : ToolError{ToolErrorCode::tool_failed, finished.error->message, finished.error->at};
  }
  return result;
}

class RecordedTool final : public Tool {
 public:
  RecordedTool(const ToolSpec& declared, std::shared_ptr<RecordedResults> results)
      : spec_(declared), results_(std::move(results)) {
    spec_.effect_class = EffectClass::pure;
    spec_.approval = ApprovalNeed::none;
    spec_.reach = ToolReach::inside;  // it gives back what is recorded, and does nothing
    spec_.output_schema = {};         // what is recorded was checked
  }
  const ToolSpec& spec() const override { return spec_; }
  Awaitable<ToolResult> execute(ToolCall call, ToolPreparation, ToolContext) override {
    co_return results_->take(call.tool, call.arguments.text);
  }

 private:
  ToolSpec spec_;
  std::shared_ptr<RecordedResults> results_;  // shared by the run's tools
};

}  // namespace

RecordedResults::RecordedResults(const std::vector<TranscriptCall>& calls, const std::vector<ToolSpec>& specs) {
  for (const TranscriptCall& call : calls) {
    if (!call.finished) continue;
    Hash hash = call.call.argument_hash;
    const auto spec = std::ranges::find(specs, call.call.tool, &ToolSpec::name);
    if (spec != specs.end() && spec->strict) {
      hash = kernel::argument_hash(codec::drop_nulls(spec->input_schema.text, call.call.arguments.text));
    }
    recorded_[{call.call.tool, hash}].results.push_back(result_of(*call.finished));
  }
}

ToolResult RecordedResults::take(const std::string& tool, const std::string& arguments) {
  const auto found = recorded_.find({tool, kernel::argument_hash(arguments)});
  if (found == recorded_.end() || found->second.taken == found->second.results.size()) {
    not_recorded_ += 1;
    return ToolResult::failure(ToolErrorCode::not_recorded, "no result of this call is recorded: the tool was not run",
                               tool);
  }
  return found->second.results[found->second.taken++];
}

std::vector<std::shared_ptr<Tool>> recorded_tools(const std::vector<ToolSpec>& specs,
                                                  std::shared_ptr<RecordedResults> results) {
  std::vector<std::shared_ptr<Tool>> tools;
  for (const ToolSpec& spec : specs) tools.push_back(std::make_shared<RecordedTool>(spec, results));
  return tools;
}

}  // namespace orchestrator::harness::evals
