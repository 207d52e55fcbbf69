// SPDX-License-Identifier: Apache-2.0
#pragma once

// The conversation as the Messages API wants it: turns of user and assistant, one after the other, each call answered
// once, all results of a turn at the front of the next one. Pure functions, safe on any thread.

#include <string>

#include "codec/provider_request.hpp"

namespace orchestrator::harness::codec::messages {

/// Appends the list. A call without a result is answered as not carried out; a result without a call is left out;
/// thinking goes back where this wire made it. Errors: `invalid_argument` for an empty conversation,
/// `capability_missing` for audio, video, and media of the assistant, `internal` for media without bytes.
[[nodiscard]] Result<void> append_message_list(std::string& out, const ProviderRequest& request);

}  // namespace orchestrator::harness::codec::messages
