// SPDX-License-Identifier: Apache-2.0
#pragma once

// The conversation as the `input` of a Responses request. What this wire format made goes back as it came (reasoning
// verbatim, ids and phases of messages and calls); what others made is rebuilt, and their reasoning is left out.
// Pure functions, safe on any thread.

#include <string>

#include "codec/provider_request.hpp"

namespace orchestrator::harness::codec::responses {

struct InputOptions {
  bool stateless = true;  // reasoning without encrypted content is of no use to the host
  bool item_ids = true;
};

/// Appends the list of items. Every call gets exactly one output: a missing one is filled in, a second one and one
/// without a call are left out. Reasoning that nothing follows is left out too: hosts refuse it.
[[nodiscard]] Result<void> append_input_items(std::string& out, const ProviderRequest& request,
                                              const InputOptions& options);

}  // namespace orchestrator::harness::codec::responses
