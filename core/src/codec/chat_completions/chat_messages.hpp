// SPDX-License-Identifier: Apache-2.0
#pragma once

// The conversation as Chat Completions messages. Each assistant turn is one message (its text, reasoning and calls),
// followed at once by one result for each of its calls, as all hosts demand. Pure function, safe on any thread.

#include <string>

#include "codec/chat_completions/chat_host.hpp"
#include "codec/provider_request.hpp"

namespace orchestrator::harness::codec {

/// Appends the list of messages. A call whose result is missing gets one that says so; a result without a call before
/// it (its call was trimmed) is left out. Fails with `capability_missing` for input that the host cannot take, with
/// `internal` for media that was not loaded, and with `invalid_argument` where there would be no message at all.
[[nodiscard]] Result<void> append_chat_messages(std::string& out, const ProviderRequest& request,
                                                const ChatOptions& options);

}  // namespace orchestrator::harness::codec
