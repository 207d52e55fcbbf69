// SPDX-License-Identifier: Apache-2.0
#pragma once

// The file of a database before SQLite opens it: its folder and itself are made where absent, for their owner only.
// Stateless; any thread.

#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::storage {

/// `noun` is what messages call it, such as "memory store". The absolute path of the file, which is a regular one and
/// has mode 0600 if it was made now (its folders 0700). Errors: `configuration_invalid` for a path that names no file,
/// `storage_failed` for a folder or a device, and those of `runtime::storage_error`.
[[nodiscard]] Result<std::string> make_database_file(const std::string& path, const std::string& noun);

}  // namespace orchestrator::harness::storage
