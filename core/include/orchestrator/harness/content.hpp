// SPDX-License-Identifier: Apache-2.0
#pragma once

// What goes into a model and what comes out of it, in a form that belongs to no provider:
// content parts, and the items of a conversation. Values; large bytes are shared and immutable, so a
// copy of a part never copies its bytes. Safe to read from several threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/ids.hpp"

namespace orchestrator::harness {

/// Immutable bytes with their SHA-256, shared by every copy.
class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(std::string bytes);
  /// Only the identity of content whose bytes are elsewhere (a blob of a store).
  static SharedBytes reference(const Hash& hash, std::uint64_t size_bytes);
  /// False for a reference whose bytes were not loaded.
  [[nodiscard]] bool is_loaded() const { return bytes_ != nullptr || size_bytes_ == 0; }
  /// The bytes; valid as long as any copy lives. Empty for a default-made value and for a reference.
  [[nodiscard]] std::string_view view() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }
  [[nodiscard]] const Hash& hash() const { return hash_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  /// Equal content, by hash and size.
  bool operator==(const SharedBytes& other) const { return hash_ == other.hash_ && size_bytes_ == other.size_bytes_; }

 private:
  std::shared_ptr<const std::string> bytes_;  // shared by parts, requests and stores of one content
  std::uint64_t size_bytes_ = 0;
  Hash hash_{};
};

/// One JSON value as text, kept byte for byte. Not checked here: use `event/json_text.hpp` to parse.
struct RawJson {
  std::string text;
  bool operator==(const RawJson&) const = default;
};

/// Where the bytes of a media part are: inline bytes (stored once as a blob), or an address the provider fetches.
struct MediaSource {
  SharedBytes bytes;       // empty when `url` is used
  std::string url;         // http(s) address, or empty
  std::string media_type;  // such as image/png
  std::string name;        // file name shown to the model, or empty
  /// True when the part carries bytes of its own.
  [[nodiscard]] bool is_inline() const { return url.empty(); }
  bool operator==(const MediaSource&) const = default;
};

struct TextPart {
  std::string text;
  bool operator==(const TextPart&) const = default;
};
struct ImagePart {
  MediaSource source;
  std::string detail;  // low, high, auto, original; empty = provider's default
  bool operator==(const ImagePart&) const = default;
};
struct AudioPart {
  MediaSource source;
  bool operator==(const AudioPart&) const = default;
};
struct VideoPart {
  MediaSource source;
  bool operator==(const VideoPart&) const = default;
};
struct FilePart {
  MediaSource source;
  bool operator==(const FilePart&) const = default;
};
struct JsonPart {
  RawJson json;
  bool operator==(const JsonPart&) const = default;
};

using ContentPart = std::variant<TextPart, ImagePart, AudioPart, VideoPart, FilePart, JsonPart>;

enum class Role : std::uint8_t { system, user, assistant };

/// One message. Assistant messages of a provider may carry `echo`: fields of the provider's own item
/// (id, phase) as a JSON object, to be sent back unchanged to the same provider, else ignored.
struct MessageItem {
  Role role = Role::user;
  std::vector<ContentPart> parts;
  RawJson echo = {};
  bool operator==(const MessageItem&) const = default;
};
/// Visible reasoning and the provider's opaque item (encrypted reasoning, signatures) in `echo`.
struct ReasoningItem {
  std::string text;
  RawJson echo = {};
  bool operator==(const ReasoningItem&) const = default;
};
struct RefusalItem {
  std::string text;
  RawJson echo = {};
  bool operator==(const RefusalItem&) const = default;
};
/// `arguments` is the text as the model wrote it, not yet checked; `custom` marks a free-text call.
struct ToolCallItem {
  std::string call_id;
  std::string name;
  std::string arguments;
  bool custom = false;
  RawJson echo = {};
  bool operator==(const ToolCallItem&) const = default;
};
struct ToolResultItem {
  std::string call_id;
  std::vector<ContentPart> parts;
  bool is_error = false;
  bool custom = false;
  bool operator==(const ToolResultItem&) const = default;
};
/// An item of a provider that has no common form; kept verbatim and sent back to the same provider.
struct OtherItem {
  std::string native_type;
  RawJson echo;
  bool operator==(const OtherItem&) const = default;
};

using ItemValue = std::variant<MessageItem, ReasoningItem, RefusalItem, ToolCallItem, ToolResultItem, OtherItem>;

/// One item of a conversation: the unit of history, of context manifests and of requests.
/// `origin` is the wire format that made it (`responses`, `chat`), or empty for what callers wrote;
/// `echo` fields mean something to that format alone.
struct ConversationItem {
  ItemValue value;
  std::string origin;
  bool operator==(const ConversationItem&) const = default;
};

/// The text of an item for people and estimates: message text, reasoning, call name and arguments, results.
[[nodiscard]] std::string text_of(const ConversationItem& item);

/// A user message of one text part.
[[nodiscard]] ConversationItem user_text(std::string text);

}  // namespace orchestrator::harness
