// SPDX-License-Identifier: Apache-2.0
#pragma once

// Events as canonical JSON and back. An event's bytes are its envelope, then `,"data":` and its data, then `}`;
// the chain hash covers envelope and data apart. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// The version of every event shape that this build writes.
inline constexpr std::uint32_t kEventVersion = 5;

/// The envelope without its closing brace: `{"v":1,...,"type":"X"`.
void append_envelope(std::string& out, const EventMeta& meta, std::string_view type);
/// The data object of a payload.
void append_data(std::string& out, const StreamEvent::Payload& payload);
/// The canonical JSON of a conversation item: what its hash is taken from.
void append_item(std::string& out, const ConversationItem& item);

/// False for the names of the soft events: what `StreamEvent::is_strict` says, by type name. Unknown names are strict.
[[nodiscard]] bool is_strict_type(std::string_view type);

/// The canonical bytes of one event and their chain hash.
struct CanonicalEvent {
  std::string bytes;
  Hash hash;
};
/// Encodes an event as the successor of `previous` (all zeros for the first).
[[nodiscard]] CanonicalEvent encode_event(const StreamEvent& event, const Hash& previous);

/// One event out of its JSON text, of this or an older version. Types that this build does not know become
/// `Unknown` with their data verbatim. Errors: `journal_damaged` with a JSON pointer, `version_too_new`.
[[nodiscard]] Result<StreamEvent> decode_event(std::string_view bytes);

/// The chain hash of stored bytes as they are, whatever their version: the data may be `{"erased":"<sha256>"}`,
/// which counts as data of that hash. Error: `journal_damaged` when the text has no envelope and data.
[[nodiscard]] Result<Hash> chain_hash_of_bytes(const Hash& previous, std::string_view bytes);

}  // namespace orchestrator::harness::event
