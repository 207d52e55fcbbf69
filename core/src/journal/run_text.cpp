// SPDX-License-Identifier: Apache-2.0
#include "journal/run_text.hpp"

#include <algorithm>
#include <utility>

#include "event/character_cut.hpp"
#include "journal/outer_event.hpp"
#include "journal/run_summary.hpp"

namespace orchestrator::harness::journal {
namespace {

constexpr std::size_t kTextBytesMax = 256 << 10;
constexpr std::size_t kWordsMax = 16;
constexpr std::size_t kWordBytesMax = 256;
constexpr std::size_t kExcerptBytes = 160;
constexpr std::size_t kExcerptLead = 40;  // bytes before the hit

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string text_of(const std::vector<ContentPart>& parts) {
  std::string text;
  for (const ContentPart& part : parts) {
    const auto* one = std::get_if<TextPart>(&part);
    if (one != nullptr && text.size() < kTextBytesMax) text.append(text.empty() ? "" : "\n").append(one->text);
  }
  return text;
}

std::string output_of(const StreamEvent& event) {
  if (const auto* completed = event.get_if<StreamEvent::Completed>()) return completed->output;
  if (const auto* error = event.get_if<StreamEvent::Error>()) return error->partial_output;
  if (const auto* aborted = event.get_if<StreamEvent::Aborted>()) return aborted->partial_output;
  return {};
}

std::string bounded(const std::string& text) { return std::string(event::cut_between_characters(text, kTextBytesMax)); }

std::size_t find_word(std::string_view text, std::string_view word) {
  const auto at = std::ranges::search(text, word, [](char in_text, char in_word) { return lower(in_text) == in_word; });
  return at.empty() ? std::string_view::npos : static_cast<std::size_t>(at.begin() - text.begin());
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string excerpt(std::string_view text, std::size_t hit) {
  std::size_t begin = hit > kExcerptLead ? hit - kExcerptLead : 0;
  while (begin < hit && continues_character(text[begin])) ++begin;
  return preview_of(text.substr(begin), kExcerptBytes);
}

}  // namespace

RunText run_text(std::string_view first_line, std::string_view last_line) {
  RunText text;
  if (const auto first = first_event_of(first_line)) {
    const auto* started = first->get_if<StreamEvent::RunStarted>();
    if (started != nullptr) text.input = bounded(text_of(started->input));
  }
  if (const auto last = last_event_of(last_line)) text.output = bounded(output_of(*last));
  return text;
}

Result<std::vector<std::string>> search_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_space);
    const auto end = std::find_if(begin, text.end(), is_space);
    at = static_cast<std::size_t>(end - text.begin());
    if (begin == end) continue;
    std::string word(begin, end);
    std::ranges::transform(word, word.begin(), lower);
    words.push_back(std::move(word));
    const bool is_long = words.back().size() > kWordBytesMax;
    if (!is_long && words.size() <= kWordsMax) continue;
    return fail(RuntimeErrorCode::invalid_argument,
                is_long ? "a word to search for has at most " + std::to_string(kWordBytesMax) + " bytes"
                        : "at most " + std::to_string(kWordsMax) + " words are searched for",
                "text");
  }
  if (!words.empty()) return words;
  return fail(RuntimeErrorCode::invalid_argument, "there is no word to search for", "text");
}

std::optional<RunHit> find_words(const RunText& text, const std::vector<std::string>& words) {
  std::optional<RunHit> hit;
  for (const std::string& word : words) {
    const std::size_t in_input = find_word(text.input, word);
    const std::size_t in_output = in_input == std::string_view::npos ? find_word(text.output, word) : in_input;
    if (in_output == std::string_view::npos) return std::nullopt;
    if (hit) continue;
    const bool is_input = in_input != std::string_view::npos;
    hit = RunHit{is_input ? RunHit::Place::input : RunHit::Place::output,
                 excerpt(is_input ? text.input : text.output, in_output)};
  }
  return hit;
}

}  // namespace orchestrator::harness::journal
