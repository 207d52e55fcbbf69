// SPDX-License-Identifier: Apache-2.0
#pragma once

// A secret in a file of its own. Blocking; for any thread. What is read is never put into a message.

#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// The secret in `path`, without white space around it. Errors, all `configuration_invalid` naming the file: it is
/// readable by others (with the chmod that mends it), cannot be read, or holds no single printable word.
[[nodiscard]] harness::Result<std::string> read_key_file(const std::string& path);

}  // namespace orchestrator::cli
