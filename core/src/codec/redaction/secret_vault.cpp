// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/secret_vault.hpp"

#include <algorithm>

#include "codec/flat_json.hpp"
#include "codec/redaction/placeholder.hpp"
#include "event/json_writer.hpp"

namespace orchestrator::harness::codec {

std::string MemoryVault::placeholder_for(RedactionKind kind, std::string_view value) {
  auto key = std::pair(kind, std::string(value));
  if (const auto found = placeholders_.find(key); found != placeholders_.end()) return found->second;
  if (placeholders_.size() >= kValuesMax) return {};
  std::string placeholder = placeholder_of(kind);
  placeholder.back() = ':';
  placeholder += std::to_string(placeholders_.size() + 1);
  placeholder += ']';
  values_.emplace(placeholder, key.second);
  placeholders_.emplace(std::move(key), placeholder);
  return placeholder;
}

std::optional<std::string> MemoryVault::value_of(std::string_view placeholder) const {
  const auto found = values_.find(placeholder);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

namespace {

std::string restore_once(std::string_view text, const SecretVault& vault) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = std::min(text.find('['), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const std::size_t size = placeholder_front(text).size;
    const std::string_view found = text.substr(0, size);
    if (const auto value = size == 0 ? std::nullopt : vault.value_of(found)) {
      out += *value;
      text.remove_prefix(size);
    } else if (!text.empty()) {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

bool is_json_list_or_object(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

}  // namespace

std::string restore_json(std::string_view text, const SecretVault& vault) {
  if (!has_placeholder(text)) return std::string(text);
  if (!is_json_list_or_object(text)) return restore(text, vault);
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = std::min(text.find('"', at), text.size());
    out += text.substr(at, begin - at);
    if (begin == text.size()) break;
    std::size_t end = begin + 1;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) {
      out += text.substr(begin);  // a string without its end: nothing that a tool would read
      break;
    }
    const std::string_view written = text.substr(begin + 1, end - begin - 1);
    if (has_placeholder(written)) {
      std::string content;
      append_unescaped(content, written);
      event::append_json_string(out, restore(content, vault));
    } else {
      out += text.substr(begin, end + 1 - begin);
    }
    at = end + 1;
  }
  return out;
}

}  // namespace orchestrator::harness::codec

namespace orchestrator::harness {

std::string restore(std::string_view text, const SecretVault& vault) {
  const std::string once = codec::restore_once(text, vault);
  return codec::has_placeholder(once) ? codec::restore_once(once, vault) : once;
}

}  // namespace orchestrator::harness
