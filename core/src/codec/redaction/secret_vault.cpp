// SPDX-License-Identifier: Apache-2.0
#include "codec/redaction/secret_vault.hpp"

#include "codec/redaction/placeholder.hpp"

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

}  // namespace

std::string restore(std::string_view text, const SecretVault& vault) {
  const std::string once = restore_once(text, vault);
  return has_placeholder(once) ? restore_once(once, vault) : once;
}

}  // namespace orchestrator::harness::codec
