// SPDX-License-Identifier: Apache-2.0
#include "codec/chat_completions/think_tags.hpp"

#include <algorithm>

namespace orchestrator::harness::codec {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kBlanksMax = 64;  // more white space than this is an answer

// How many bytes at the end of `text` may be the beginning of `tag`.
std::size_t partial_tag(std::string_view text, std::string_view tag) {
  for (std::size_t length = std::min(text.size(), tag.size() - 1); length > 0; --length) {
    if (text.ends_with(tag.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

void ThinkTags::give(std::size_t length, std::vector<Piece>& out) {
  if (length > 0) out.push_back({where_ == Where::inside, held_.substr(0, length)});
  held_.erase(0, length);
}

// One transition; false where more text is needed.
bool ThinkTags::step(std::vector<Piece>& out) {
  switch (where_) {
    case Where::before: {
      const auto blanks = std::min(held_.find_first_not_of(kBlanks), held_.size());
      const std::string_view rest = std::string_view(held_).substr(blanks);
      if (blanks > kBlanksMax) {
        where_ = Where::answer;
        return true;
      }
      if (rest.starts_with(kOpen)) {
        held_.erase(0, blanks + kOpen.size());
        where_ = Where::inside;
        return true;
      }
      if (kOpen.starts_with(rest)) return false;
      where_ = Where::answer;
      return true;
    }
    case Where::inside: {
      const auto close = held_.find(kClose);
      if (close == std::string::npos) {
        give(held_.size() - partial_tag(held_, kClose), out);
        return false;
      }
      give(close, out);
      held_.erase(0, kClose.size());
      where_ = Where::after_tag;
      return true;
    }
    case Where::after_tag: {
      held_.erase(0, std::min(held_.find_first_not_of(kBlanks), held_.size()));
      if (held_.empty()) return false;
      where_ = Where::answer;
      return true;
    }
    case Where::answer:
      give(held_.size(), out);
      return false;
  }
  return false;
}

void ThinkTags::feed(std::string_view text, std::vector<Piece>& out) {
  held_ += text;
  while (step(out)) {
  }
}

void ThinkTags::finish(std::vector<Piece>& out) {
  if (where_ == Where::before) where_ = Where::answer;
  give(held_.size(), out);
}

}  // namespace orchestrator::harness::codec
