// SPDX-License-Identifier: Apache-2.0
#include "journal/read_places.hpp"

namespace orchestrator::harness::journal {

std::optional<LinePlace> ReadPlaces::find(const RunId& run_id, std::uint64_t seq) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find({run_id, seq});
  if (found == by_key_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->place;
}

void ReadPlaces::keep(const RunId& run_id, const LinePlace& place) {
  const std::lock_guard lock(mutex_);
  const Key key{run_id, place.seq};
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    found->second->place = place;
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  entries_.push_front({key, place});
  by_key_[key] = entries_.begin();
  if (entries_.size() <= entries_max_) return;
  by_key_.erase(entries_.back().key);
  entries_.pop_back();
}

}  // namespace orchestrator::harness::journal
