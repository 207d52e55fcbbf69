// SPDX-License-Identifier: Apache-2.0
#pragma once

// Small files that only their user can read. Blocking; any thread.

#include <cstddef>
#include <optional>
#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// The text of a file; nothing where it is absent. Errors: `configuration_invalid` for one that is not a regular file
/// of our own, that others may read, or that is longer than `bytes_max`; `storage_failed`.
[[nodiscard]] harness::Result<std::optional<std::string>> read_private_file(const std::string& path,
                                                                            std::size_t bytes_max);

/// Writes a file whole or not at all, with mode 0600, in place of the one that was there. Its folders are made with
/// mode 0700. Error: `storage_failed`.
[[nodiscard]] harness::Result<void> replace_private_file(const std::string& path, const std::string& text);

}  // namespace orchestrator::cli
