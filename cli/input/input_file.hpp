// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file that a run shall see, as a part of the user's message: text in line, pictures, sound, video and PDF as media.
// Blocking reads on the caller's thread.

#include <cstdint>
#include <string>

#include "orchestrator/harness/content.hpp"
#include "orchestrator/harness/errors.hpp"
#include "orchestrator/harness/model.hpp"

namespace orchestrator::cli {

/// The file as a content part. Errors, all `invalid_argument` with the path: unreadable, no regular file, larger
/// than `bytes_max`, empty, or of a kind that no model takes (which kinds there are).
[[nodiscard]] harness::Result<harness::ContentPart> read_input_file(const std::string& path, std::uint64_t bytes_max);

/// A JSON Schema file for `--output-schema`, named after the file. Errors: as above, and what is wrong with the JSON.
[[nodiscard]] harness::Result<harness::OutputSchema> read_output_schema(const std::string& path);

}  // namespace orchestrator::cli
