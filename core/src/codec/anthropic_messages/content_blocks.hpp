// SPDX-License-Identifier: Apache-2.0
#pragma once

// Content parts as blocks of the Messages API. Pure functions, safe on any thread.

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/content.hpp"

namespace orchestrator::harness::codec::messages {

/// The text of a text or JSON part, else null. Valid as long as the part.
[[nodiscard]] const std::string* text_in(const ContentPart& part);

void append_text_block(std::string& out, std::string_view text);

/// A part of a user's message. Errors: `capability_missing` for audio and video, `internal` for media without bytes.
[[nodiscard]] Result<void> append_block(std::string& out, const ContentPart& part);

/// What a tool gave: one text where it is only text, else blocks. Errors like `append_block`.
[[nodiscard]] Result<void> append_result_content(std::string& out, const std::vector<ContentPart>& parts);

}  // namespace orchestrator::harness::codec::messages
