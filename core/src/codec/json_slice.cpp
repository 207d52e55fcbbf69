// SPDX-License-Identifier: Apache-2.0
#include "codec/json_slice.hpp"

namespace orchestrator::harness::codec {
namespace {

bool is_space(char character) {
  return character == ' ' || character == '\n' || character == '\r' || character == '\t';
}

// The position behind the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
  return at < text.size() ? at + 1 : text.size();
}

// The position behind the object or array that begins at `at`.
std::size_t end_of_container(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    const char character = text[at];
    if (character == '"') {
      at = end_of_string(text, at);
      continue;
    }
    ++at;
    if (character == '{' || character == '[') ++depth;
    if ((character == '}' || character == ']') && --depth == 0) return at;
  }
  return at;
}

}  // namespace

JsonSlices::JsonSlices(std::string_view text) : text_(text) {
  skip_space();
  if (at_ < text_.size() && (text_[at_] == '{' || text_[at_] == '[')) {
    is_object_ = text_[at_] == '{';
    ++at_;
  } else {
    at_ = text_.size();
  }
}

void JsonSlices::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

std::string_view JsonSlices::take_value() {
  skip_space();
  const std::size_t begin = at_;
  if (at_ >= text_.size()) return {};
  if (text_[at_] == '"') {
    at_ = end_of_string(text_, at_);
  } else if (text_[at_] == '{' || text_[at_] == '[') {
    at_ = end_of_container(text_, at_);
  } else {
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && text_[at_] != ']' && !is_space(text_[at_]))
      ++at_;
  }
  const std::string_view value = text_.substr(begin, at_ - begin);
  skip_space();
  if (at_ < text_.size() && text_[at_] == ',') ++at_;
  return value;
}

bool JsonSlices::next(std::string_view& value) {
  std::string_view name;
  if (is_object_) return next(name, value);
  value = take_value();
  return !value.empty();
}

bool JsonSlices::next(std::string_view& name, std::string_view& value) {
  skip_space();
  if (!is_object_ || at_ >= text_.size() || text_[at_] != '"') return false;
  const std::size_t begin = at_ + 1;
  at_ = end_of_string(text_, at_);
  name = text_.substr(begin, at_ - begin - 1);
  skip_space();
  if (at_ < text_.size() && text_[at_] == ':') ++at_;
  value = take_value();
  return !value.empty();
}

std::string_view slice_member(std::string_view object_text, std::string_view name) {
  JsonSlices members(object_text);
  std::string_view found;
  std::string_view member;
  std::string_view value;
  while (members.next(member, value)) {
    if (member == name) found = value;
  }
  return found;
}

}  // namespace orchestrator::harness::codec
