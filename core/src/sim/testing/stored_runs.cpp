// SPDX-License-Identifier: Apache-2.0
#include "sim/testing/stored_runs.hpp"

namespace orchestrator::harness::sim {

std::vector<std::vector<std::string>> runs_of(const std::string& text) {
  std::vector<std::vector<std::string>> runs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.starts_with(R"({"step":1,)")) runs.emplace_back();
    if (!runs.empty()) runs.back().push_back(line);
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return runs;
}

}  // namespace orchestrator::harness::sim
