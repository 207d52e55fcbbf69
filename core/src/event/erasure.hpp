// SPDX-License-Identifier: Apache-2.0
#pragma once

// Erasing what people, models and tools said from a stored step: an event's data gives way to its digest, and the chain
// still verifies, since it covers data by its digest alone. Pure.

#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::event {

/// The line with the data of all events erased but of those that hold names and numbers only; its stored input keeps
/// its type alone. Erasing it again changes nothing. Error: `journal_damaged` where the line is no step.
[[nodiscard]] Result<std::string> erase_content(std::string_view line);

/// Whether the event's data was erased. Its type is still known, as a name.
[[nodiscard]] bool is_erased(const StreamEvent& event);

/// The refusal of what needs contents that are gone, `not_supported`. `what` follows the reason: "it cannot be forked".
[[nodiscard]] std::unexpected<Error> fail_erased(const RunId& run_id, std::string_view what);

}  // namespace orchestrator::harness::event
