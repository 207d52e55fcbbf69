// SPDX-License-Identifier: Apache-2.0
#pragma once

// Content parts as a Responses request wants them. Pure functions, safe on any thread.

#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/harness/content.hpp"

namespace orchestrator::harness::codec::responses {

/// Appends the list of parts of a message that is no answer. Fails with `capability_missing` for audio and video, and
/// with `internal` for media whose bytes are not loaded.
[[nodiscard]] Result<void> append_input_content(std::string& out, const std::vector<ContentPart>& parts);

/// Appends the output of a call: a string, or a list of parts where it holds media. Fails like the above.
[[nodiscard]] Result<void> append_tool_output(std::string& out, const std::vector<ContentPart>& parts);

/// Appends the text parts of an answer, at least one, with commas between them.
void append_output_text(std::string& out, const std::vector<ContentPart>& parts);

/// Appends one refusal part.
void append_refusal_part(std::string& out, std::string_view text);

}  // namespace orchestrator::harness::codec::responses
