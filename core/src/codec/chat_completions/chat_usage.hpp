// SPDX-License-Identifier: Apache-2.0
#pragma once

// Token counts in a Chat Completions chunk or body, wherever the host puts them: `usage`, `x_groq.usage`, or `usage`
// of a choice. Pure functions, safe on any thread.

#include <optional>

#include <boost/json/object.hpp>

#include "orchestrator/harness/stream.hpp"

namespace orchestrator::harness::codec {

/// The counts of `chunk`, as sent, even where they contradict each other. Nothing where it holds none; `invalid` is set
/// where a count is nonsense and was left out.
[[nodiscard]] std::optional<Usage> read_chat_usage(const boost::json::object& chunk);

}  // namespace orchestrator::harness::codec
