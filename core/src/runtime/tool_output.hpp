// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a tool gives, made fit for the journal and the model: valid text without control sequences, cut to the tool's
// cap with head and tail, and the whole of it beside where something was left out.

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "event/input.hpp"
#include "orchestrator/harness/tools.hpp"

namespace orchestrator::harness::runtime {

/// The most that is kept of one call's output; what comes after it is counted and gone.
inline constexpr std::uint64_t kKeptOutputBytes = 16ULL << 20;

/// Collects what a call writes while it runs. Any thread may write.
class OutputCollector : public ToolOutput {
 public:
  void write(std::string_view text) override;
  /// What was written, up to `kKeptOutputBytes`, and how many bytes there were in all. Leaves this empty.
  struct Collected {
    std::string text;
    std::uint64_t bytes = 0;
  };
  Collected take();

 private:
  std::mutex mutex_;
  Collected collected_;  // guarded by mutex_
};

/// Turns what the tool returned and wrote into the input that ends its call. `call_id` and `attempt` are left to the
/// caller. Of JSON results the text must be JSON, else the call has failed with `tool_failed`.
[[nodiscard]] event::inputs::ToolReturned make_returned(ToolResult result, OutputCollector::Collected written,
                                                        std::uint64_t output_bytes_max);

/// `text` as the model sees it: head and tail of it, with a line between that counts what is missing, where it is
/// longer than `bytes_max`. `total_bytes` is of all there was. REQUIRES: valid UTF-8.
[[nodiscard]] std::string shortened(std::string_view text, std::uint64_t total_bytes, std::uint64_t bytes_max);

}  // namespace orchestrator::harness::runtime
