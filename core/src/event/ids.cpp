// SPDX-License-Identifier: Apache-2.0
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kHexDigits = "0123456789abcdef";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

// ULID layout: https://github.com/ulid/spec (48 bit time, 80 bit entropy, 5 bits a character).
template <class Tag>
UlidId<Tag> UlidId<Tag>::make(std::uint64_t unix_ms, std::uint64_t entropy_high, std::uint64_t entropy_low) {
  UlidId id;
  unix_ms &= (1ULL << 48) - 1;
  for (std::size_t i = 0; i < 10; ++i) id.ulid_[9 - i] = kCrockford[(unix_ms >> (5 * i)) & 31];
  // 80 bits: 16 of entropy_high, then 64 of entropy_low; 16 characters from the lowest.
  std::uint64_t low = entropy_low;
  std::uint64_t high = entropy_high & 0xFFFF;
  for (std::size_t i = 0; i < 16; ++i) {
    id.ulid_[25 - i] = kCrockford[low & 31];
    low = (low >> 5) | ((high & 31) << 59);
    high >>= 5;
  }
  return id;
}

template <class Tag>
std::uint64_t UlidId<Tag>::unix_ms() const {
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 10; ++i) ms = ms << 5 | kCrockford.find(ulid_[i]);
  return ms & ((1ULL << 48) - 1);
}

template <class Tag>
std::optional<UlidId<Tag>> UlidId<Tag>::parse(std::string_view text) {
  if (text.size() != kTextSize || text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  UlidId id;
  text.remove_prefix(kPrefix.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (kCrockford.find(c) == std::string_view::npos) return std::nullopt;
    id.ulid_[i] = c;
  }
  if (id.ulid_[0] > '7') return std::nullopt;  // above 128 bits
  return id;
}

template class UlidId<RunIdTag>;
template class UlidId<SessionIdTag>;
template class UlidId<HintIdTag>;
template class UlidId<MemoryIdTag>;

template <std::size_t Bytes, class Tag>
std::optional<HexId<Bytes, Tag>> HexId<Bytes, Tag>::parse(std::string_view text) {
  if (text.size() != 2 * Bytes) return std::nullopt;
  std::array<std::uint8_t, Bytes> bytes{};
  for (std::size_t i = 0; i < Bytes; ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return HexId(bytes);
}

template <std::size_t Bytes, class Tag>
void HexId<Bytes, Tag>::append_to(std::string& out) const {
  for (const std::uint8_t byte : bytes_) {
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
}

template <std::size_t Bytes, class Tag>
std::string HexId<Bytes, Tag>::str() const {
  std::string out;
  out.reserve(2 * Bytes);
  append_to(out);
  return out;
}

template class HexId<16, TraceIdTag>;
template class HexId<8, SpanIdTag>;
template class HexId<8, InterruptIdTag>;
template class HexId<32, HashTag>;

std::optional<ProviderId> ProviderId::parse(std::string_view text) {
  if (text.empty() || text.size() > 64 || text[0] < 'a' || text[0] > 'z') return std::nullopt;
  for (const char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) return std::nullopt;
  }
  return ProviderId(std::string(text));
}

}  // namespace orchestrator::harness
