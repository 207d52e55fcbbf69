// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counts the living processes that carry a mark of one test in their environment, wherever they went. One thread.

#include <cstddef>
#include <string>

namespace orchestrator::harness::tools::testing {

class MarkedProcesses final {
 public:
  /// Makes a mark that no other object has.
  MarkedProcesses();
  /// The name of the variable that is the mark.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// NAME=1.
  [[nodiscard]] std::string variable() const { return name_ + "=1"; }
  /// Processes that have the mark in their environment or in their arguments, zombies not counted.
  [[nodiscard]] std::size_t count() const;

 private:
  std::string name_;
};

}  // namespace orchestrator::harness::tools::testing
