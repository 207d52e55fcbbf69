// SPDX-License-Identifier: Apache-2.0
#pragma once

// One output item of a Responses answer while it is being received: its parts, what of them was passed on, and in the
// end the item itself. Guarantees that the pieces which were passed on concatenate to the item's value.
// A value of one thread; part of the decoder.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "codec/lone_surrogates.hpp"
#include "codec/openai_responses/piece_sink.hpp"
#include "event/provider_part.hpp"

namespace orchestrator::harness::codec::responses {

/// What a part of an item holds. Summaries and reasoning text make one text, in the order in which they appear.
enum class PartKind : std::uint8_t { text, refusal, summary, reasoning, arguments };

enum class ItemKind : std::uint8_t { unknown, message, reasoning, call, other };

/// The kind of item that the provider calls `type`.
[[nodiscard]] ItemKind kind_of_type(std::string_view type);

/// Which kind of item has parts of this kind.
[[nodiscard]] ItemKind kind_with(PartKind part);

class OutputItem {
 public:
  /// `position` counts the items of one answer from 0 and makes the item's id.
  explicit OutputItem(std::size_t position);

  /// The provider's object at the beginning of the item: type, ids and name, as far as it has them.
  void announce(const boost::json::object& item, std::string_view raw);

  /// False where parts of this kind cannot belong to this item.
  [[nodiscard]] bool takes(PartKind part) const;

  /// A delta of one part.
  [[nodiscard]] Result<void> append(PartKind kind, std::uint64_t index, std::string_view delta, PieceSink& out);
  /// The end of one part, with its whole text where the provider sent one: passes on what its deltas did not hold.
  [[nodiscard]] Result<void> end_part(PartKind kind, std::uint64_t index, std::optional<std::string_view> whole,
                                      PieceSink& out);
  /// The end of the item, with the provider's object and its JSON text where it sent them. Passes on all that is left.
  [[nodiscard]] Result<void> close(const boost::json::object* item, std::string_view raw, PieceSink& out);

  [[nodiscard]] bool is_closed() const { return closed_; }
  /// Once closed, once: the finished items, one or two (a message and its refusal).
  [[nodiscard]] std::vector<event::ItemDone> take_done() { return std::move(done_); }

  [[nodiscard]] ItemKind kind() const { return kind_; }
  [[nodiscard]] const std::string& native_type() const { return native_type_; }
  [[nodiscard]] const std::string& native_id() const { return native_id_; }
  [[nodiscard]] const std::string& call_id() const { return call_id_; }
  /// True for a call that had a name from anywhere.
  [[nodiscard]] bool has_name() const { return !name_.empty(); }
  [[nodiscard]] bool has_refusal() const { return has_refusal_; }
  /// True once an event of the provider announced or finished the item, not only parts of it.
  [[nodiscard]] bool is_described() const { return described_; }

 private:
  enum Lane : std::uint8_t { kText, kRefusal, kReasoning, kArguments, kLanes };
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kPartsMax = 1'000;

  struct Part {
    PartKind kind = PartKind::text;
    std::uint64_t index = 0;
    std::string text;
    std::size_t passed_on = 0;  // bytes of text that went out
    bool ended = false;
    SurrogateJoiner joiner;
  };

  void describe(const boost::json::object& item);
  static Lane lane_of(PartKind kind);
  Part* find_or_add(PartKind kind, std::uint64_t index);
  void pass_on(Part& part, PieceSink& out);
  void advance(Lane lane, PieceSink& out);
  void end_all(PieceSink& out);
  [[nodiscard]] std::string streamed(Lane lane) const;
  [[nodiscard]] Result<void> reconcile(Lane lane, std::string_view whole, PieceSink& out);
  [[nodiscard]] Error contradiction(std::string_view what) const;

  [[nodiscard]] Result<void> close_message(const boost::json::object* item, std::string_view raw, PieceSink& out);
  [[nodiscard]] Result<void> close_reasoning(const boost::json::object* item, std::string_view raw, PieceSink& out);
  [[nodiscard]] Result<void> close_call(const boost::json::object* item, std::string_view raw, PieceSink& out);
  void add_done(const std::string& item_id, ItemValue value);

  std::size_t position_;
  std::string item_id_;
  std::string refusal_id_;
  ItemKind kind_ = ItemKind::unknown;
  bool custom_ = false;
  bool described_ = false;
  bool closed_ = false;
  bool has_refusal_ = false;
  std::string native_type_;
  std::string native_id_;
  std::string call_id_;
  std::string name_;
  std::string announced_raw_;
  std::vector<Part> parts_;
  std::size_t last_part_ = kNone;
  std::array<std::size_t, kLanes> open_;  // the part of each lane that is being passed on
  std::vector<event::ItemDone> done_;
};

}  // namespace orchestrator::harness::codec::responses
