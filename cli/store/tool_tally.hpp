// SPDX-License-Identifier: Apache-2.0
#pragma once

// How the tool calls of a run ended, counted by tool and outcome.

#include <cstdint>
#include <map>
#include <string>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::cli {

/// Takes the events of one run in their order. A value, for one thread.
class ToolTally {
 public:
  void add(const harness::StreamEvent& event);
  /// By tool, then by outcome (`ok`, `error`, `denied`, `cancelled`, `unknown`). `open` are calls without an end.
  [[nodiscard]] std::map<std::string, std::map<std::string, std::uint64_t>> counts() const;
  /// `edit_file 2 ok, run_command 1 ok 1 unknown`; empty without calls.
  [[nodiscard]] std::string text() const;

 private:
  std::map<std::string, std::map<std::string, std::uint64_t>> ended_;
  std::map<std::string, std::string> open_;  // tools by call id
};

}  // namespace orchestrator::cli
