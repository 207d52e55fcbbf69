// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a screen needs of each event to lay out a run, in columns: one number an event and column, and each word once.
// A value; one thread.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::daemon {

class EventIndex {
 public:
  /// Adds the next event of one run.
  void add(const harness::StreamEvent& event);
  [[nodiscard]] std::size_t size() const { return seqs_.size(); }
  [[nodiscard]] std::uint64_t last_seq() const { return last_seq_; }

  /// The lists `types`, `spans` and `names`, and the columns: `seq`, `elapsed_us`, `duration_us` (of what ended with
  /// the event; null where nothing did, or its beginning is not among the events), `type`, `status` (0: none, 1: it
  /// went well, 2: it failed), `span`, `parent` and `name` (places in the lists; -1: none). Leaves this empty.
  [[nodiscard]] boost::json::object take();

 private:
  /// Each text once, in the order in which it came.
  class Words {
   public:
    std::int64_t place_of(std::string_view word);
    boost::json::array take() { return std::move(list_); }

   private:
    std::unordered_map<std::string, std::int64_t> places_;
    boost::json::array list_;
  };

  std::uint64_t last_seq_ = 0;
  std::map<std::uint32_t, std::uint64_t> attempts_;     // when each began
  std::unordered_map<std::string, std::string> tools_;  // by call
  Words types_;
  Words spans_;
  Words names_;
  boost::json::array seqs_;
  boost::json::array elapsed_;
  boost::json::array durations_;
  boost::json::array type_places_;
  boost::json::array statuses_;
  boost::json::array span_places_;
  boost::json::array parents_;
  boost::json::array name_places_;
};

}  // namespace orchestrator::daemon
