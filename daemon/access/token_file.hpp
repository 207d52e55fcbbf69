// SPDX-License-Identifier: Apache-2.0
#pragma once

// The daemon's own token, in a file that only its user can read: whoever can read it may do everything. Blocking; any
// thread.

#include <string>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::daemon {

/// The token in `path`, which is made with mode 0600 where it is absent, in folders of mode 0700. Errors:
/// `configuration_invalid` for a file that is not a regular one of our own, that others may read, or that holds no
/// token; `storage_failed`.
[[nodiscard]] harness::Result<std::string> load_token(const std::string& path);

/// A fresh token: `orc_` and 256 random bits.
[[nodiscard]] std::string new_token();

}  // namespace orchestrator::daemon
