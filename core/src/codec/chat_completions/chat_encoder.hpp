// SPDX-License-Identifier: Apache-2.0
#pragma once

// Chat Completions request bodies. The same request gives the same bytes, and the messages stand last, so that the
// bodies of a growing conversation share their beginning. Pure function, safe on any thread.

#include <string>

#include "codec/chat_completions/chat_host.hpp"
#include "codec/provider_request.hpp"

namespace orchestrator::harness::codec {

/// The body of one request. REQUIRES: texts are valid UTF-8. Settings that the options say the host does not take are
/// left out: negotiation refuses or drops them before. Fails with `invalid_argument` (naming the setting) for a schema
/// that is no JSON object, too many stop texts, or a tool choice that names no tool, and like `append_chat_messages`.
[[nodiscard]] Result<std::string> encode_chat_request(const ProviderRequest& request, const ChatOptions& options);

}  // namespace orchestrator::harness::codec
