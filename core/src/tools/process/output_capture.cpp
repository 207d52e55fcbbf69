// SPDX-License-Identifier: Apache-2.0
#include "tools/process/output_capture.hpp"

#include <algorithm>

namespace orchestrator::harness::tools {

void OutputCapture::push(std::string_view bytes) {
  total_bytes_ += bytes.size();
  kept_.append(bytes.substr(0, std::min(bytes.size(), bounds_.kept_bytes - kept_.size())));
  if (bytes.size() >= bounds_.tail_bytes) {
    tail_.assign(bytes.substr(bytes.size() - bounds_.tail_bytes));
    return;
  }
  if (tail_.size() + bytes.size() > 2 * bounds_.tail_bytes) tail_.erase(0, tail_.size() - bounds_.tail_bytes);
  tail_.append(bytes);
}

std::string_view OutputCapture::head() const {
  const std::string_view kept = kept_;
  return is_cut() ? kept.substr(0, bounds_.head_bytes) : kept;
}

std::string_view OutputCapture::tail() const {
  if (!is_cut()) return {};
  const std::string_view tail = tail_;
  return tail.substr(tail.size() - std::min(tail.size(), bounds_.tail_bytes));
}

std::uint64_t OutputCapture::left_out_bytes() const {
  return is_cut() ? total_bytes_ - bounds_.head_bytes - bounds_.tail_bytes : 0;
}

}  // namespace orchestrator::harness::tools
