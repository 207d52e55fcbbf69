// SPDX-License-Identifier: Apache-2.0
#pragma once

// Content parts of a message as Chat Completions writes them. Pure functions, safe on any thread.

#include <string>
#include <vector>

#include "codec/chat_completions/chat_host.hpp"
#include "orchestrator/harness/content.hpp"

namespace orchestrator::harness::codec {

/// The text of a text or JSON part, or null. Valid as long as the part.
[[nodiscard]] const std::string* find_text(const ContentPart& part);

/// Appends one part as an object. Fails with `capability_missing` where the host takes no such input, and with
/// `internal` for bytes that were not loaded.
[[nodiscard]] Result<void> append_chat_part(std::string& out, const ContentPart& part, const ChatInputs& inputs);

/// Appends the value of `content`: a string where one text is all there is, else a list of parts. Fails likewise.
[[nodiscard]] Result<void> append_chat_content(std::string& out, const std::vector<ContentPart>& parts,
                                               const ChatInputs& inputs);

}  // namespace orchestrator::harness::codec
