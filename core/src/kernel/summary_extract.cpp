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
constexpr std::string_view kOmitted = "- earlier lines left out: ";

// At most `bytes_max` bytes, cut between two characters, with an ellipsis where something is missing.
std::string cut(std::string_view text, std::size_t bytes_max) {
  const std::string_view head = event::cut_between_characters(text, bytes_max);
  return std::string(head) + (head.size() < text.size() ? "…" : "");
}

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
  return cut(text.substr(0, end), kLineBytesMax);
}

std::vector<std::string> lines_of_summary(std::string_view text) {
  std::vector<std::string> lines;
  text.remove_prefix(text.starts_with(kWrittenHead) ? kWrittenHead.size() : kSummaryHead.size());
  while (!text.empty()) {
    text.remove_prefix(1);  // the line end before the line
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::optional<std::string> line_of(const event::ContextEntry& entry) {
  if (const auto* call = std::get_if<ToolCallItem>(&entry.item->value)) {
    return "- called " + call->name + " " +
           cut(call->arguments.substr(0, call->arguments.find('\n')), kArgumentsBytesMax);
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

std::string summary_as_written(std::string_view text, std::uint64_t tokens_max) {
  const std::uint64_t bytes_max = (std::max(tokens_max, kFrameTokens) - kFrameTokens) * kBytesPerToken;
  const std::uint64_t head_bytes = kWrittenHead.size() + 5;
  return std::string(kWrittenHead) + "\n" + cut(text, bytes_max - std::min(bytes_max, head_bytes));
}

std::string summary_in_extracts(std::span<const event::ContextEntry> dropped, std::uint64_t tokens_max) {
  std::vector<std::string> lines;
  std::uint64_t omitted = 0;
  for (const event::ContextEntry& entry : dropped) {
    if (!is_summary(entry)) {
      if (auto line = line_of(entry)) lines.push_back(*std::move(line));
      continue;
    }
    for (std::string& line : lines_of_summary(text_of(*entry.item))) {
      if (line.starts_with(kOmitted)) {
        omitted += omitted_by(line);
      } else {
        lines.push_back(std::move(line));
      }
    }
  }
  const std::uint64_t bytes_max = (std::max(tokens_max, kFrameTokens) - kFrameTokens) * kBytesPerToken;
  std::uint64_t bytes = kSummaryHead.size() + kOmitted.size() + 20;
  std::size_t first = lines.size();
  while (first > 0 && bytes + lines[first - 1].size() + 1 <= bytes_max) bytes += lines[--first].size() + 1;
  omitted += first;
  std::string summary(kSummaryHead);
  if (omitted > 0) summary += "\n" + std::string(kOmitted) + std::to_string(omitted);
  for (std::size_t i = first; i < lines.size(); ++i) summary += "\n" + lines[i];
  return summary;
}

}  // namespace orchestrator::harness::kernel
