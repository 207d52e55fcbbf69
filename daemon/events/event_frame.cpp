// SPDX-License-Identifier: Apache-2.0
#include "daemon/events/event_frame.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::daemon {
namespace {

// A journal may hold events of later versions, whose names are whatever it says; none may end the line that it is in.
std::string safe_type(std::string_view type) {
  const bool is_word = !type.empty() && type.size() <= 64 && std::ranges::all_of(type, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9');
  });
  return is_word ? std::string(type) : std::string("Unknown");
}

}  // namespace

EventFrame::EventFrame(const harness::StreamEvent& event, std::string_view json)
    : seq_(event.meta.seq), is_terminal_(event.is_terminal()), type_(safe_type(event.type())) {
  std::string text = "id: " + std::to_string(seq_) + "\nevent: " + type_ + "\ndata: ";
  json_at_ = text.size();
  json_bytes_ = json.size();
  text.append(json).append("\n\n");
  text_ = std::make_shared<const std::string>(std::move(text));
}

SharedText notice_frame(std::string_view name, std::string_view json) {
  return std::make_shared<const std::string>(
      std::string("event: ").append(name).append("\ndata: ").append(json).append("\n\n"));
}

SharedText batch_frame(const std::vector<SharedFrame>& frames) {
  std::string text = "id: " + std::to_string(frames.back()->seq()) + "\nevent: batch\ndata: [";
  for (const SharedFrame& frame : frames) {
    if (text.back() != '[') text.push_back(',');
    text.append(frame->json());
  }
  text.append("]\n\n");
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace orchestrator::daemon
