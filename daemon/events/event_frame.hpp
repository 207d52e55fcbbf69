// SPDX-License-Identifier: Apache-2.0
#pragma once

// An event as it goes to subscribers: encoded once, shared by all of them. Immutable; any thread.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/reply.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::daemon {

class EventFrame {
 public:
  /// Of an event and its canonical JSON.
  EventFrame(const harness::StreamEvent& event, std::string_view json);
  explicit EventFrame(const harness::StreamEvent& event) : EventFrame(event, event.json()) {}

  [[nodiscard]] std::uint64_t seq() const { return seq_; }
  [[nodiscard]] bool is_terminal() const { return is_terminal_; }
  [[nodiscard]] std::string_view type() const { return type_; }
  /// The event as server-sent: `id`, `event`, `data`. Shared, so that it outlives this frame while it is sent.
  [[nodiscard]] const SharedText& text() const { return text_; }
  /// The event's JSON. Valid as long as this frame.
  [[nodiscard]] std::string_view json() const { return std::string_view(*text_).substr(json_at_, json_bytes_); }

 private:
  std::uint64_t seq_;
  bool is_terminal_;
  std::string type_;
  SharedText text_;
  std::size_t json_at_ = 0;
  std::size_t json_bytes_ = 0;
};

using SharedFrame = std::shared_ptr<const EventFrame>;

/// A frame without id, which a client does not resume by: `heartbeat`, `lagged`, `reset`. `json` is one line.
[[nodiscard]] SharedText notice_frame(std::string_view name, std::string_view json);

/// Several events as one frame of the name `batch`: its data is their list, its id the last one's.
[[nodiscard]] SharedText batch_frame(const std::vector<SharedFrame>& frames);

}  // namespace orchestrator::daemon
