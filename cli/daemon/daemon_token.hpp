// SPDX-License-Identifier: Apache-2.0
#pragma once

// Reading the daemon's own token. Blocking; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::cli {

/// What every token begins with.
inline constexpr std::string_view kTokenPrefix = "orc_";

/// The token in `path`; nothing where there is no such file. Errors: `configuration_invalid` for a file that is not a
/// regular one of our own, that others may read, or that holds no token; `storage_failed`.
[[nodiscard]] harness::Result<std::optional<std::string>> read_token(const std::string& path);

}  // namespace orchestrator::cli
