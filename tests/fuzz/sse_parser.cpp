// SPDX-License-Identifier: Apache-2.0
// Any bytes, cut anywhere: the parser must agree with itself fed whole, and with a plain reading of the standard that
// sees all bytes at once. The first byte of the input chooses the cuts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/lossy_utf8.hpp"
#include "codec/sse_parser.hpp"

namespace {

using orchestrator::harness::codec::append_lossy_utf8;
using orchestrator::harness::codec::SseEvent;
using orchestrator::harness::codec::SseParser;
using orchestrator::harness::codec::SseStep;

struct Event {
  std::string type;
  std::string data;
  std::string id;
  bool operator==(const Event&) const = default;
};

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<Event> read_cut(std::string_view bytes, std::uint32_t seed) {
  SseParser parser;
  std::vector<Event> events;
  while (!bytes.empty()) {
    seed = seed * 1'664'525U + 1'013'904'223U;
    const std::string piece(bytes.substr(0, 1 + (seed >> 24) % 16));
    bytes.remove_prefix(piece.size());
    std::string_view input = piece;
    SseEvent event;
    while (parser.next(input, event) == SseStep::event)
      events.push_back({std::string(event.type), std::string(event.data), std::string(event.last_event_id)});
    require(input.empty());
  }
  (void)parser.take_tail();
  return events;
}

std::vector<Event> read_whole(std::string_view bytes) {
  SseParser parser;
  std::vector<Event> events;
  SseEvent event;
  while (parser.next(bytes, event) == SseStep::event)
    events.push_back({std::string(event.type), std::string(event.data), std::string(event.last_event_id)});
  return events;
}

// The standard, word by word: decode, split into ended lines, interpret.
std::vector<Event> read_plainly(std::string_view bytes) {
  std::string text;
  append_lossy_utf8(text, bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  std::vector<Event> events;
  std::string line, data, type, id;
  bool has_data = false;
  const auto take_line = [&] {
    if (line.empty()) {
      if (has_data) events.push_back({type.empty() ? "message" : type, data, id});
      data.clear();
      type.clear();
      has_data = false;
      return;
    }
    const std::size_t colon = line.find(':');
    const std::string name = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (name == "event") type = value;
    if (name == "id" && value.find('\0') == std::string::npos) id = value;
    if (name == "data") data += (has_data ? "\n" : "") + value;
    if (name == "data") has_data = true;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\r' && text[at] != '\n') {
      line += text[at];
      continue;
    }
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') ++at;
    take_line();
    line.clear();
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<Event> events = read_whole(bytes);
  require(events == read_cut(bytes, data[0]));
  require(events == read_plainly(bytes));
  return 0;
}
