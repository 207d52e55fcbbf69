// SPDX-License-Identifier: Apache-2.0
#pragma once

// Where readers left off, so that one that goes on need not look for its place again. Bounded: the places that were
// used longest ago are dropped, and their readers search once. Any thread.

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "journal/stored_line.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness::journal {

class ReadPlaces final {
 public:
  explicit ReadPlaces(std::size_t entries_max = 1'024) : entries_max_(entries_max) {}

  /// The place after event `seq` of the run, if one is kept.
  [[nodiscard]] std::optional<LinePlace> find(const RunId& run_id, std::uint64_t seq);
  /// Keeps a place; it is found under its own seq.
  void keep(const RunId& run_id, const LinePlace& place);

 private:
  using Key = std::pair<RunId, std::uint64_t>;
  struct Entry {
    Key key;
    LinePlace place;
  };

  std::mutex mutex_;
  std::size_t entries_max_;
  std::list<Entry> entries_;  // used last first
  std::map<Key, std::list<Entry>::iterator> by_key_;
};

}  // namespace orchestrator::harness::journal
