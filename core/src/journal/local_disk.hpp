// SPDX-License-Identifier: Apache-2.0
#pragma once

// Whether a folder lies on a disk of this machine. A write-ahead log needs shared memory and locks that hold, which
// file systems of other machines do not give: a database there is damaged sooner or later. Any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "orchestrator/harness/errors.hpp"

namespace orchestrator::harness::journal {

/// True for the file system of a network: by the number that statfs(2) gives, and for FUSE by the type's name in
/// /proc/self/mountinfo, such as `fuse.sshfs`.
[[nodiscard]] bool is_network(std::uint64_t magic, std::string_view type);

/// Error: `configuration_invalid`, which names the folder, its file system and what is allowed instead.
[[nodiscard]] Result<void> check_local(const std::string& folder);

}  // namespace orchestrator::harness::journal
