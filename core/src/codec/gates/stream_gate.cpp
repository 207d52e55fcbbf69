// SPDX-License-Identifier: Apache-2.0
#include "codec/gates/stream_gate.hpp"

#include <algorithm>
#include <utility>

namespace orchestrator::harness::codec {
namespace {

// What stays of the text before the place of a search: a character, for what asks what stands before it.
constexpr std::size_t kContextBytes = 8;

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// The start of the character that holds `at`.
std::size_t whole_before(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && continues_character(text[at])) --at;
  return at;
}

std::size_t next_character(std::string_view text, std::size_t at) {
  if (at < text.size()) ++at;
  while (at < text.size() && continues_character(text[at])) ++at;
  return at;
}

}  // namespace

StreamGate::StreamGate(std::vector<StreamRule> rules) : rules_(std::move(rules)), cursors_(rules_.size()) {}

void StreamGate::append(std::string& out, std::string_view piece) {
  if (is_stopped_) return;
  buffer_ += piece;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) search(rule, false);
  release(out);
  forget();
}

void StreamGate::finish(std::string& out) {
  if (is_stopped_) return;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) search(rule, true);
  release(out);
  forget();
}

void StreamGate::search(std::size_t rule, bool is_end) {
  if (!rules_[rule].patterns) {
    measure(rule);
    return;
  }
  const TextPatterns& patterns = *rules_[rule].patterns;
  const std::size_t window = patterns.window_bytes();
  Cursor& cursor = cursors_[rule];
  for (;;) {
    // A match is sure to be whole where its window has come.
    const std::size_t size = buffer_.size();
    const std::size_t sure = is_end ? size + 1 : size < window ? 0 : size - window + 1;
    if (cursor.decided >= std::min(sure, size)) return;
    const auto span = patterns.find(buffer_, cursor.decided);
    if (!span || span->begin >= sure) {
      cursor.decided = std::max(cursor.decided, whole_before(buffer_, std::min(sure, size)));
      return;
    }
    found(rule, *span);
    cursor.decided = std::max(span->end, next_character(buffer_, span->begin));
  }
}

void StreamGate::measure(std::size_t rule) {
  Cursor& cursor = cursors_[rule];
  const std::uint64_t most = rules_[rule].bytes_max.value_or(UINT64_MAX);
  if (!cursor.found_at && in_text(buffer_.size()) > most) {
    const std::size_t place = whole_before(buffer_, static_cast<std::size_t>(most - std::min(most, forgotten_)));
    found(rule, {place, buffer_.size()});
  }
  cursor.decided = buffer_.size();
}

void StreamGate::found(std::size_t rule, TextSpan span) {
  Cursor& cursor = cursors_[rule];
  if (!cursor.found_at) cursor.found_at = in_text(span.begin);
  if (rules_[rule].mode != GateMode::enforcing) return;
  if (rules_[rule].action == GateAction::deny) {
    stop_at_ = std::min(stop_at_.value_or(UINT64_MAX), in_text(span.begin));
  }
  if (rules_[rule].action != GateAction::redact || span.begin == span.end) return;
  const auto place = std::ranges::upper_bound(redactions_, std::pair(span.begin, rule), {},
                                              [](const Redaction& one) { return std::pair(one.span.begin, one.rule); });
  redactions_.insert(place, {span, rule});
}

// What all enforcing rules have looked at.
std::size_t StreamGate::decided_bytes() const {
  std::size_t decided = buffer_.size();
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    if (rules_[rule].mode == GateMode::enforcing) decided = std::min(decided, cursors_[rule].decided);
  }
  return decided;
}

void StreamGate::release(std::string& out) {
  const std::size_t decided = decided_bytes();
  const std::size_t end =
      stop_at_ ? static_cast<std::size_t>(std::min<std::uint64_t>(decided, *stop_at_ - forgotten_)) : decided;
  auto redaction = redactions_.begin();
  for (; redaction != redactions_.end() && redaction->span.begin < end; ++redaction) {
    const TextSpan span = redaction->span;
    // One that begins within another that is told already, or ends with it, adds nothing to be told.
    if (span.begin >= released_) {
      out.append(buffer_, released_, span.begin - released_);
      out += "[redacted:" + rules_[redaction->rule].name + "]";
    }
    released_ = std::max(released_, span.end);
  }
  redactions_.erase(redactions_.begin(), redaction);
  if (end > released_) {
    out.append(buffer_, released_, end - released_);
    released_ = end;
  }
  is_stopped_ = stop_at_ && in_text(decided) >= *stop_at_;
}

void StreamGate::forget() {
  if (is_stopped_) {
    redactions_.clear();
    buffer_.clear();
    released_ = 0;
    return;
  }
  std::size_t needed = released_;
  for (const Cursor& cursor : cursors_) needed = std::min(needed, cursor.decided);
  needed = whole_before(buffer_, needed - std::min(needed, kContextBytes));
  if (needed == 0) return;
  buffer_.erase(0, needed);
  forgotten_ += needed;
  released_ -= needed;
  for (Cursor& cursor : cursors_) cursor.decided -= needed;
  // None of them begins before what all rules have looked at.
  for (Redaction& redaction : redactions_)
    redaction.span = {redaction.span.begin - needed, redaction.span.end - needed};
}

std::vector<StreamGate::Finding> StreamGate::findings() const {
  std::vector<Finding> findings;
  for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
    const auto& at = cursors_[rule].found_at;
    if (at && *at <= stop_at_.value_or(UINT64_MAX)) findings.push_back({rule, *at});
  }
  return findings;
}

}  // namespace orchestrator::harness::codec
