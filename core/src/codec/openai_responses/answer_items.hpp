// SPDX-License-Identifier: Apache-2.0
#pragma once

// The output items of one Responses answer: finds the item that an event speaks of, and gives the finished ones in
// the order in which they began. Output indexes decide; item ids change between events on some hosts, and others
// leave indexes out or give every item the same one. A value of one thread; part of the decoder.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/openai_responses/output_item.hpp"
#include "codec/openai_responses/piece_sink.hpp"
#include "codec/stream_decoder.hpp"

namespace orchestrator::harness::codec::responses {

/// What an event says about the item it belongs to; either may be absent.
struct ItemAddress {
  std::optional<std::uint64_t> output_index;
  std::string_view native_id;
};

/// An item as the provider sent it: parsed, and its text (empty where it could not be found).
struct NativeItem {
  const boost::json::object* object = nullptr;
  std::string_view raw;
};

class AnswerItems {
 public:
  explicit AnswerItems(const DecoderLimits& limits) : limits_(limits) {}

  /// The item that a part of this kind belongs to; made where there is none yet. Valid as long as this object.
  [[nodiscard]] Result<OutputItem*> for_part(PartKind kind, ItemAddress address);
  /// An item begins.
  [[nodiscard]] Result<void> announce(NativeItem native, std::optional<std::uint64_t> output_index);
  /// An item is complete.
  [[nodiscard]] Result<void> complete(NativeItem native, std::optional<std::uint64_t> output_index, PieceSink& out);
  /// The answer is complete. Closes what is open with what `output`, the response's list (may be null) and its text,
  /// says of it, and takes from there what no event told of. Fails for a call that never got a name.
  [[nodiscard]] Result<void> complete_all(const boost::json::array* output, std::string_view output_raw,
                                          PieceSink& out);
  /// Gives the items that are complete, up to the first that is not.
  void release(PieceSink& out);
  /// Gives all items that are complete: the answer failed, the others will not be.
  void release_rest(PieceSink& out);

  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] bool has_calls() const;
  [[nodiscard]] bool has_refusal() const;

 private:
  struct Entry {
    std::unique_ptr<OutputItem> item;
    std::optional<std::uint64_t> output_index;
  };

  [[nodiscard]] Result<OutputItem*> add(std::optional<std::uint64_t> output_index);
  [[nodiscard]] OutputItem* at_index(std::optional<std::uint64_t> output_index) const;
  [[nodiscard]] OutputItem* find_announced(NativeItem native, std::optional<std::uint64_t> output_index,
                                           bool is_end) const;
  [[nodiscard]] Result<void> close(OutputItem& item, NativeItem native, PieceSink& out);
  [[nodiscard]] Result<void> check_calls() const;
  [[nodiscard]] static NativeItem find_element(const Entry& entry, const std::vector<NativeItem>& elements);
  [[nodiscard]] Result<void> adopt(const std::vector<NativeItem>& elements, PieceSink& out);
  [[nodiscard]] Error too_many_items() const;

  DecoderLimits limits_;
  std::vector<Entry> items_;                       // in order of appearance
  std::map<std::uint64_t, OutputItem*> by_index_;  // the latest item of each output index
  std::size_t released_ = 0;                       // all before it are released
};

}  // namespace orchestrator::harness::codec::responses
