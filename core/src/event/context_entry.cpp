// SPDX-License-Identifier: Apache-2.0
#include "event/context_entry.hpp"

#include <utility>

#include "event/canonical_event.hpp"
#include "event/hash_chain.hpp"

namespace orchestrator::harness::event {
namespace {

constexpr std::uint64_t kTokensPerItem = 4;
constexpr std::uint64_t kTokensPerImage = 765;
constexpr std::uint64_t kBytesPerToken = 4;

std::uint64_t text_tokens(std::uint64_t bytes) { return (bytes + kBytesPerToken - 1) / kBytesPerToken; }

struct PartSize {
  std::uint64_t tokens = 0;
  std::uint64_t media_bytes = 0;
};

PartSize size_of(const ContentPart& part) {
  struct Visitor {
    PartSize operator()(const TextPart& text) const { return {text_tokens(text.text.size()), 0}; }
    PartSize operator()(const JsonPart& json) const { return {text_tokens(json.json.text.size()), 0}; }
    PartSize operator()(const ImagePart& image) const { return {kTokensPerImage, image.source.bytes.size_bytes()}; }
    PartSize operator()(const AudioPart& audio) const { return media(audio.source); }
    PartSize operator()(const VideoPart& video) const { return media(video.source); }
    PartSize operator()(const FilePart& file) const { return media(file.source); }
    static PartSize media(const MediaSource& source) {
      return {text_tokens(source.bytes.size_bytes()), source.bytes.size_bytes()};
    }
  };
  return std::visit(Visitor{}, part);
}

const std::vector<ContentPart>* parts_of(const ConversationItem& item) {
  if (const auto* message = std::get_if<MessageItem>(&item.value)) return &message->parts;
  if (const auto* result = std::get_if<ToolResultItem>(&item.value)) return &result->parts;
  return nullptr;
}

bool opens_turn(const ConversationItem& item, ContextSource source) {
  const auto* message = std::get_if<MessageItem>(&item.value);
  return message != nullptr && message->role == Role::user && source == ContextSource::input;
}

}  // namespace

std::uint64_t estimate_text_tokens(std::string_view text) { return text_tokens(text.size()); }

std::uint64_t estimate_tokens(const ConversationItem& item) {
  std::uint64_t tokens = kTokensPerItem;
  if (const auto* parts = parts_of(item)) {
    for (const ContentPart& part : *parts) tokens += size_of(part).tokens;
    return tokens;
  }
  if (const auto* other = std::get_if<OtherItem>(&item.value)) return tokens + text_tokens(other->echo.text.size());
  return tokens + text_tokens(text_of(item).size());
}

ContextEntry make_context_entry(ConversationItem item, ContextSource source) {
  ContextEntry entry;
  std::string canonical;
  append_item(canonical, item);
  entry.hash = sha256(canonical);
  entry.source = source;
  entry.tokens = estimate_tokens(item);
  entry.bytes = canonical.size();
  if (const auto* parts = parts_of(item)) {
    for (const ContentPart& part : *parts) entry.bytes += size_of(part).media_bytes;
  }
  entry.opens_turn = opens_turn(item, source);
  entry.item = std::make_shared<const ConversationItem>(std::move(item));
  return entry;
}

Hash context_hash(const std::vector<ContextEntry>& entries) {
  Hash hash;
  for (const ContextEntry& entry : entries) hash = list_hash(hash, entry.hash);
  return hash;
}

}  // namespace orchestrator::harness::event
