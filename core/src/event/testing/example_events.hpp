// SPDX-License-Identifier: Apache-2.0
#pragma once

// One example of every event type with every field set, none left at its default. Golden files, the JSON Schema check
// and the codec's round trips are made of these; a new type or field that is missing here fails the tests. Values.

#include <vector>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// The envelope of the example with this seq: fixed ids, one second apart.
[[nodiscard]] EventMeta example_meta(std::uint64_t seq);

/// One event of each type in the order of `StreamEvent::Payload`, `Unknown` last; seqs from 1.
[[nodiscard]] std::vector<StreamEvent> example_events();

/// A `RunStarted` with every field set.
[[nodiscard]] events::RunStarted example_run_started();

/// One content part of each kind, and one item of each kind.
[[nodiscard]] std::vector<ContentPart> example_parts();
[[nodiscard]] UndoRecord example_undo();
[[nodiscard]] std::vector<ToolTarget> example_targets();
[[nodiscard]] std::vector<ConversationItem> example_items();

}  // namespace orchestrator::harness::event
