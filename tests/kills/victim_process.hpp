// SPDX-License-Identifier: Apache-2.0
#pragma once

// Another process of this test program, which carries out one test and may kill itself meanwhile. Blocks until it is
// over; one thread.

#include <string>
#include <vector>

namespace orchestrator::harness::kills {

enum class Fate { killed, ended, failed };

struct Victim {
  std::string test;                      // a filter that names it
  std::string folder;                    // its output goes to `output` in there
  std::vector<std::string> environment;  // NAME=VALUE, besides what this process has
  int kill_at = 0;                       // the point at which it dies; 0: it lives
};

[[nodiscard]] Fate run_victim(const Victim& victim);

}  // namespace orchestrator::harness::kills
