// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the operating system said, as an `Error` that names what was tried, on which path, and why it failed.
// Pure functions.

#include <expected>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::runtime {

/// `cannot ACTION PATH: REASON` with the code of `error_number`: `storage_full` for no space, quota or file size,
/// `storage_readonly` for no permission or a read-only file system, `storage_unavailable` where files or memory ran
/// out, else `storage_failed`. The error's `at` is the path.
[[nodiscard]] Error storage_error(int error_number, std::string_view action, std::string_view path);

[[nodiscard]] inline std::unexpected<Error> storage_fail(int error_number, std::string_view action,
                                                         std::string_view path) {
  return std::unexpected(storage_error(error_number, action, path));
}

}  // namespace orchestrator::harness::runtime
