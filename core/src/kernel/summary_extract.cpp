// SPDX-License-Identifier: Apache-2.0
#include "kernel/summary_extract.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "event/character_cut.hpp"

namespace orchestrator::harness::kernel {
namespace {

constexpr std::size_t kLineBytesMax = 200;
constexpr std::size_t kArgumentsBytesMax = 80;
constexpr std::uint64_t kBytesPerToken = 4;
constexpr std::uint64_t kFrameTokens = 8;  // of the item and of rounding
constexpr std::uint64_t kEllipsisBytes = 3;
constexpr std::string_view kOmitted = "- earlier lines left out: ";

// Up to the end of the first sentence or line.
std::string first_sentence(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  text = text.substr(0, text.find_first_of("\r\n"));
  std::size_t end = text.size();
  for (const std::string_view mark : {". ", "! ", "? ", "。", "！", "？"}) {
    const std::size_t at = text.find(mark);
    if (at != std::string_view::npos) end = std::min(end, at + (mark.back() == ' ' ? 1 : mark.size()));
  }
  return event::cut_with_ellipsis(text.substr(0, end), kLineBytesMax);
}

// A summary in its parts: what a model wrote, if one did, and lines in extracts.
struct Summary {
  std::string written;
  std::vector<std::string> lines;
  std::uint64_t omitted = 0;  // lines that earlier ones had left out
};

std::optional<std::string> line_of(const event::ContextEntry& entry) {
  if (const auto* call = std::get_if<ToolCallItem>(&entry.item->value)) {
    return "- called " + call->name + " " +
           event::cut_with_ellipsis(call->arguments.substr(0, call->arguments.find('\n')), kArgumentsBytesMax);
  }
  if (const auto* result = std::get_if<ToolResultItem>(&entry.item->value)) {
    return result->is_error ? std::optional<std::string>("- which failed") : std::nullopt;
  }
  const auto* message = std::get_if<MessageItem>(&entry.item->value);
  if (message == nullptr) return std::nullopt;
  const std::string sentence = first_sentence(text_of(*entry.item));
  if (sentence.empty()) return std::nullopt;
  return (message->role == Role::assistant ? "- assistant: " : "- user: ") + sentence;
}

// How many lines an earlier summary had left out.
std::uint64_t omitted_by(std::string_view line) {
  std::uint64_t count = 0;
  line.remove_prefix(kOmitted.size());
  std::from_chars(line.data(), line.data() + line.size(), count);
  return count;
}

void add_line(Summary& summary, std::string_view line) {
  if (line.starts_with(kOmitted)) {
    summary.omitted += omitted_by(line);
  } else {
    summary.lines.emplace_back(line);
  }
}

// Takes over what an earlier summary holds.
void add_summary(Summary& summary, std::string_view text) {
  if (text.starts_with(kWrittenHead)) {
    text.remove_prefix(std::min(kWrittenHead.size() + 1, text.size()));
    const std::string since = "\n" + std::string(kSinceHead);
    const std::size_t end = std::min(text.rfind(since), text.size());
    summary.written += (summary.written.empty() ? "" : "\n") + std::string(text.substr(0, end));
    text.remove_prefix(std::min(end + since.size(), text.size()));
  } else {
    text.remove_prefix(kSummaryHead.size());
  }
  while (!text.empty()) {
    text.remove_prefix(1);  // the line end before the line
    const std::size_t end = std::min(text.find('\n'), text.size());
    add_line(summary, text.substr(0, end));
    text.remove_prefix(end);
  }
}

void add_entries(Summary& summary, std::span<const event::ContextEntry> entries) {
  for (const event::ContextEntry& entry : entries) {
    if (is_summary(entry)) {
      add_summary(summary, text_of(*entry.item));
    } else if (auto line = line_of(entry)) {
      summary.lines.push_back(*std::move(line));
    }
  }
}

std::string compose(Summary summary, std::uint64_t tokens_max) {
  const std::uint64_t bytes_max = (std::max(tokens_max, kFrameTokens) - kFrameTokens) * kBytesPerToken;
  std::string text(summary.written.empty() ? kSummaryHead : kWrittenHead);
  const bool has_lines = !summary.lines.empty() || summary.omitted > 0;
  if (!summary.written.empty()) {
    const std::uint64_t room = bytes_max - std::min<std::uint64_t>(bytes_max, text.size() + kEllipsisBytes + 1);
    text += "\n" + event::cut_with_ellipsis(summary.written, has_lines ? room / 2 : room);
    if (has_lines) text += "\n" + std::string(kSinceHead);
  }
  std::uint64_t bytes = text.size() + kOmitted.size() + 20;
  std::size_t first = summary.lines.size();
  while (first > 0 && bytes + summary.lines[first - 1].size() + 1 <= bytes_max) {
    bytes += summary.lines[--first].size() + 1;
  }
  const std::uint64_t omitted = summary.omitted + first;
  if (omitted > 0) text += "\n" + std::string(kOmitted) + std::to_string(omitted);
  for (std::size_t i = first; i < summary.lines.size(); ++i) text += "\n" + summary.lines[i];
  return text;
}

}  // namespace

bool is_summary(const event::ContextEntry& entry) {
  const auto* message = std::get_if<MessageItem>(&entry.item->value);
  if (message == nullptr || message->role != Role::user || message->parts.size() != 1) return false;
  const auto* part = std::get_if<TextPart>(&message->parts.front());
  if (part == nullptr) return false;
  for (const std::string_view head : {kSummaryHead, kWrittenHead}) {
    if (!part->text.starts_with(head)) continue;
    return part->text.size() == head.size() || part->text[head.size()] == '\n';
  }
  return false;
}

std::string summary_as_written(std::string_view text, std::span<const event::ContextEntry> rest,
                               std::uint64_t tokens_max) {
  Summary summary;
  summary.written = text;
  add_entries(summary, rest);
  return compose(std::move(summary), tokens_max);
}

std::string summary_in_extracts(std::span<const event::ContextEntry> dropped, std::uint64_t tokens_max) {
  Summary summary;
  add_entries(summary, dropped);
  return compose(std::move(summary), tokens_max);
}

}  // namespace orchestrator::harness::kernel
