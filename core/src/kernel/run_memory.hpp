// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a run has to do with the memory store: one look before its first request, and one memory left when it
// completes. Pure.

#include <optional>

#include "event/effect.hpp"
#include "kernel/state.hpp"

namespace orchestrator::harness::kernel {

/// True for a run that looks memories up: an input without text has nothing to look for.
[[nodiscard]] bool wants_recall(const events::RunStarted& spec);

/// The look that a run begins with: its query is the text of the run's input.
[[nodiscard]] event::effects::RetrieveMemory retrieve_memory(const Facts& facts);

/// The note that stands in the context for one memory.
[[nodiscard]] ConversationItem memory_note(const events::RetrievedMemory& memory);

/// The memory of a run that is about to complete: what was asked, and what was said. The same in every process.
[[nodiscard]] event::effects::StoreMemory store_memory(const Facts& facts, const Waiting& waiting);

/// True where the last answer asks for nothing more by itself: no results wait for the model, it has not paused.
[[nodiscard]] bool is_last_word(const Waiting& waiting);

/// True while a run that is otherwise over leaves its memory.
[[nodiscard]] bool is_keeping(const State& state);

}  // namespace orchestrator::harness::kernel
