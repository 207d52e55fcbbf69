// SPDX-License-Identifier: Apache-2.0
#pragma once

// The tools of a stored run, answered from its journal: nothing of them is ever run. For one re-run, on its harness's
// thread.

#include "runtime/compiler_check.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evals/run_transcript.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::evals {

/// What the calls of a run gave, by tool and hash of the arguments.
class RecordedResults {
 public:
  /// `specs` are the declarations of the run: calls of strict tools are equal where only null members differ that a
  /// strict host makes of missing ones, since no tool sees those.
  RecordedResults(const std::vector<TranscriptCall>& calls, const std::vector<ToolSpec>& specs);
  /// The result of the next of the equal calls; past the last of them, and for a call that the run never made, a
  /// failure `not_recorded`, which is counted.
  [[nodiscard]] ToolResult take(const std::string& tool, const std::string& arguments);
  [[nodiscard]] std::uint32_t not_recorded() const { return not_recorded_; }

 private:
  struct Recorded {
    std::vector<ToolResult> results;
    std::size_t taken = 0;
  };
  std::map<std::pair<std::string, Hash>, Recorded> recorded_;
  std::uint32_t not_recorded_ = 0;
};

/// A tool for each declaration, as the model saw it, but one that does nothing to the world and so asks nobody.
[[nodiscard]] std::vector<std::shared_ptr<Tool>> recorded_tools(const std::vector<ToolSpec>& specs,
                                                                std::shared_ptr<RecordedResults> results);

}  // namespace orchestrator::harness::evals
