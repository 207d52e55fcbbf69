// SPDX-License-Identifier: Apache-2.0
#pragma once

// The conversation as Gemini wants it: contents of user and model, one after the other, each call of a turn answered in
// the same order, and signatures on the very parts that bore them. Pure functions, safe on any thread.

#include <string>

#include "codec/provider_request.hpp"

namespace orchestrator::harness::codec::gemini {

/// Appends the list. A call without a result is answered as not carried out; a result without a call is left out.
/// Errors: `invalid_argument` for an empty conversation, `capability_missing` for media of the assistant, `internal`
/// for media without bytes.
[[nodiscard]] Result<void> append_content_list(std::string& out, const ProviderRequest& request);

}  // namespace orchestrator::harness::codec::gemini
