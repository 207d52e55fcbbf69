// SPDX-License-Identifier: Apache-2.0
#include "kernel/read_loops.hpp"

#include <algorithm>

namespace orchestrator::harness::kernel {
namespace {

auto is_read(const std::string& tool, const Hash& argument_hash) {
  return [&](const auto& read) { return read.tool == tool && read.argument_hash == argument_hash; };
}

}  // namespace

void ReadLoops::read(const std::string& tool, const Hash& argument_hash) {
  auto found = std::ranges::find_if(reads_, is_read(tool, argument_hash));
  if (found != reads_.end()) {
    std::rotate(found, found + 1, reads_.end());
    found = reads_.end() - 1;
  } else {
    if (reads_.size() == kReadsMax) reads_.erase(reads_.begin());
    found = reads_.insert(reads_.end(), Read{tool, argument_hash, 0, 0, compactions_, compactions_, false});
  }
  found->times += 1;
  if (found->last_compactions < compactions_) found->returns += 1;
  found->last_compactions = compactions_;
}

std::optional<events::LoopSuspected> ReadLoops::suspicion(std::uint32_t turn, const std::string& tool,
                                                          const Hash& argument_hash) const {
  const auto found = std::ranges::find_if(reads_, is_read(tool, argument_hash));
  if (found == reads_.end() || found->has_warned || found->returns < kReturnsMin) return std::nullopt;
  return events::LoopSuspected{turn, tool, argument_hash, found->times, compactions_ - found->first_compactions};
}

void ReadLoops::warned(const std::string& tool, const Hash& argument_hash) {
  const auto found = std::ranges::find_if(reads_, is_read(tool, argument_hash));
  if (found != reads_.end()) found->has_warned = true;
}

}  // namespace orchestrator::harness::kernel
