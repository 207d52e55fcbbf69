// SPDX-License-Identifier: Apache-2.0
#pragma once

// An event stream parser by the WHATWG rules (HTML, 9.2 server-sent events): bytes in, events out, at any division of
// the bytes the same events. A value of one thread; it allocates only for what is cut between two reads, and holds at
// most `bytes_max` bytes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orchestrator::harness::codec {

/// One event. The views are valid until the next call of the parser, and no longer than the bytes it was fed.
struct SseEvent {
  std::string_view type;  // `message` where the stream names none
  std::string_view data;  // valid UTF-8: broken bytes have become U+FFFD
  std::string_view last_event_id;
};

enum class SseStep : std::uint8_t {
  event,      // an event is complete
  need_more,  // the input is used up
  too_large   // the stream is longer than `bytes_max`; said once and for all
};

class SseParser {
 public:
  /// The longest reconnection time that is believed; a longer one counts as this.
  static constexpr std::uint64_t kRetryMaxMs = 3'600'000;

  explicit SseParser(std::uint64_t bytes_max = 32ULL << 20) : bytes_max_(bytes_max) {}

  /// Takes bytes off the front of `input` until an event is complete or `input` is empty. Call it until it does not
  /// say `event`; what is left incomplete is kept, so `input` need not live on. There is no limit on one line.
  SseStep next(std::string_view& input, SseEvent& event);

  /// After the last byte: the event that a blank line would have completed, its last line ended or not. The standard
  /// drops it; providers' own clients dispatch it. Gives it once.
  std::optional<SseEvent> take_tail();

  /// Comment lines so far.
  [[nodiscard]] std::uint64_t comments() const { return comments_; }
  /// The last valid reconnection time, clamped to `kRetryMaxMs`.
  [[nodiscard]] std::optional<std::uint64_t> retry_ms() const { return retry_ms_; }
  /// The id that a reconnection would send. Valid until the next call of the parser.
  [[nodiscard]] std::string_view last_event_id() const { return last_event_id_; }
  /// Bytes taken so far.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  // A field value: borrowed from the input while it can be, else owned.
  class Value {
   public:
    void clear();
    void assign(std::string_view text, bool borrowed);
    void append_line(std::string_view text);
    void keep();  // owns what was borrowed
    [[nodiscard]] std::string_view view() const { return borrowed_ ? view_ : std::string_view(own_); }

   private:
    std::string own_;
    std::string_view view_;
    bool borrowed_ = false;
  };

  bool take_line(std::string_view& input, std::string_view& line, bool& borrowed);
  void read_line(std::string_view line, bool borrowed);
  void read_field(std::string_view name, std::string_view value, bool borrowed);
  bool dispatch(SseEvent& event);
  void clear_event();

  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t comments_ = 0;
  std::optional<std::uint64_t> retry_ms_;
  std::string line_;  // the beginning of a line whose end has not come
  std::string scratch_;
  std::string id_buffer_;
  std::string last_event_id_;
  Value type_;
  Value data_;
  bool has_data_ = false;
  bool dispatched_ = false;  // type_ and data_ are those of the event given last
  bool at_start_ = true;     // before the end of the first line: a byte order mark may come
  bool skip_lf_ = false;     // the last byte was CR
  bool too_large_ = false;
};

}  // namespace orchestrator::harness::codec
