// SPDX-License-Identifier: Apache-2.0
#include "runtime/tool_output.hpp"

#include <algorithm>
#include <utility>

#include "codec/lossy_utf8.hpp"
#include "codec/text_filter.hpp"
#include "event/exact_json.hpp"

namespace orchestrator::harness::runtime {
namespace {

constexpr std::size_t kJsonDepthMax = 128;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// The greatest number of whole characters' bytes that is at most `bytes`.
std::size_t head_bytes(std::string_view text, std::size_t bytes) {
  if (bytes >= text.size()) return text.size();
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  return bytes;
}
std::size_t tail_begin(std::string_view text, std::size_t bytes) {
  std::size_t begin = text.size() - std::min(bytes, text.size());
  while (begin < text.size() && is_continuation(text[begin])) ++begin;
  return begin;
}

// All text of the result, raw: what is kept when the model sees less.
std::string raw_text(const std::vector<ContentPart>& parts, std::string written) {
  for (const ContentPart& part : parts) {
    if (const auto* text = std::get_if<TextPart>(&part)) written += text->text;
    if (const auto* json = std::get_if<JsonPart>(&part)) written += json->json.text;
  }
  return written;
}

std::string visible(std::string_view raw) {
  std::string valid;
  codec::append_lossy_utf8(valid, raw);
  return codec::shown_text(valid);
}

std::optional<ToolError> json_error(const std::vector<ContentPart>& parts) {
  for (const ContentPart& part : parts) {
    const auto* json = std::get_if<JsonPart>(&part);
    if (json == nullptr) continue;
    if (const auto parsed = event::parse_exact(json->json.text, kJsonDepthMax); !parsed) {
      return ToolError{ToolErrorCode::tool_failed, "the tool's result is not JSON: " + parsed.error().message, {}, {}};
    }
  }
  return std::nullopt;
}

}  // namespace

void OutputCollector::write(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t room = kKeptOutputBytes - std::min<std::uint64_t>(kKeptOutputBytes, collected_.text.size());
  collected_.text.append(text.substr(0, std::min<std::uint64_t>(room, text.size())));
  collected_.bytes += text.size();
}

OutputCollector::Collected OutputCollector::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(collected_, {});
}

std::string shortened(std::string_view text, std::uint64_t total_bytes, std::uint64_t bytes_max) {
  if (text.size() <= bytes_max && total_bytes <= text.size()) return std::string(text);
  const std::size_t head = head_bytes(text, bytes_max / 2);
  const std::size_t tail = std::max(head, tail_begin(text, bytes_max - bytes_max / 2));
  const std::uint64_t shown = head + (text.size() - tail);
  const std::uint64_t all = std::max<std::uint64_t>(total_bytes, text.size());
  return std::string(text.substr(0, head)) + "\n[output_truncated: " + std::to_string(all - shown) + " of " +
         std::to_string(all) + " bytes are left out here]\n" + std::string(text.substr(tail));
}

event::inputs::ToolReturned make_returned(ToolResult result, OutputCollector::Collected written,
                                          std::uint64_t output_bytes_max) {
  event::inputs::ToolReturned returned;
  if (auto error = json_error(result.parts)) {
    result.parts.clear();
    result.error = *std::move(error);
  }
  if (result.error) {
    if (result.outcome == ToolOutcome::ok) result.outcome = ToolOutcome::error;
    returned.error = result.error->to_error();
  } else if (result.outcome != ToolOutcome::ok) {
    const bool is_cancelled = result.outcome == ToolOutcome::cancelled;
    const ToolErrorCode code = is_cancelled ? ToolErrorCode::tool_cancelled : ToolErrorCode::tool_outcome_unknown;
    returned.error = ToolError{code, is_cancelled ? "the call was cancelled" : "the outcome is not known", {}, {}};
  }
  returned.outcome = result.outcome;

  std::string raw = raw_text(result.parts, std::move(written.text));
  const std::uint64_t raw_bytes = std::max<std::uint64_t>(written.bytes, raw.size());
  std::uint64_t text_bytes = 0;
  bool is_changed = written.bytes > 0;
  for (const ContentPart& part : result.parts) {
    if (const auto* text = std::get_if<TextPart>(&part)) {
      is_changed = is_changed || visible(text->text) != text->text;
      text_bytes += text->text.size();
    }
    if (const auto* json = std::get_if<JsonPart>(&part)) text_bytes += json->json.text.size();
  }
  const bool is_short = text_bytes + written.bytes <= output_bytes_max;
  if (is_short && !is_changed) {
    returned.result = std::move(result.parts);
  } else {
    // Text and JSON become one text, for a part of JSON is no JSON; other parts stay as they are.
    const std::string shown = visible(raw);
    returned.result.emplace_back(TextPart{shortened(shown, is_short ? shown.size() : raw_bytes, output_bytes_max)});
    for (ContentPart& part : result.parts) {
      const bool is_text = std::holds_alternative<TextPart>(part) || std::holds_alternative<JsonPart>(part);
      if (!is_text) returned.result.push_back(std::move(part));
    }
    if (!result.full_output && (shown != raw || !is_short)) returned.full_output = SharedBytes(std::move(raw));
  }
  if (result.full_output) returned.full_output = std::move(result.full_output);
  // The model reads first what went wrong, then what there was.
  if (returned.error) {
    returned.result.insert(returned.result.begin(), TextPart{returned.error->code + ": " + returned.error->message});
  } else if (returned.result.empty()) {
    returned.result.emplace_back(TextPart{});
  }
  return returned;
}

}  // namespace orchestrator::harness::runtime
